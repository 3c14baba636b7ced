"""Private PostgreSQL servers for tests and benchmarks: made, restarted and thrown away here."""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol
from urllib.parse import urlsplit

import psycopg

_PORTS_TRIED = 3
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
}


class Server(Protocol):
    """A PostgreSQL server, wherever it runs."""

    def new_database(self) -> str:
        """Make an empty database and return where it is."""
        ...


@dataclass
class Elsewhere:
    """A server that somebody else runs, in which we may make databases."""

    server: str
    _made: int = 0

    def new_database(self) -> str:
        """See `Server`."""
        self._made += 1
        name = f"sched_agent_test_{os.getpid()}_{self._made}"
        make_database(self.server, name)
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()


class NoPostgres(Exception):
    """This machine has no PostgreSQL server to start."""


class Cluster:
    """A PostgreSQL server on 127.0.0.1, in a folder of its own."""

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        """Make and start it.

        Args:
            folder: Where; default: a new temporary folder.
            settings: As in postgresql.conf.

        Raises:
            NoPostgres: There are no binaries.
        """
        self._bin = _binaries()
        self._user = _server_user()
        self.folder = folder or Path(mkdtemp(prefix="sched-agent-postgres-"))
        self.port = _free_port()
        if self._user:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")
        place = {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(
                f"{name} = '{value}'\n" for name, value in (_SETTINGS | place | settings).items()
            )
        self._start_somewhere()
        self._databases = 0

    def _start_somewhere(self) -> None:
        """Start the server where nobody else has come first since the port was found free."""
        for _ in range(_PORTS_TRIED - 1):
            with suppress(subprocess.CalledProcessError):
                return self.start()
            self.port = _free_port()
            with (self._data / "postgresql.conf").open("a") as file:
                file.write(f"port = '{self.port}'\n")
        return self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", self.folder / "log", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is as if it had crashed."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-m", mode, "stop")

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server and start it again."""
        self.stop(mode)
        self.start()

    def url(self, database: str = "postgres") -> str:
        """Return where a database is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """See `Server`."""
        self._databases += 1
        name = f"test_{os.getpid()}_{self._databases}"
        make_database(self.url(), name)
        return self.url(name)

    def backends(self) -> list[tuple[int]]:
        """Return the processes that serve connections other than the one that asks."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            return connection.execute(
                "select pid from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid()"
            ).fetchall()

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        with suppress(subprocess.CalledProcessError):  # it is not running
            self.stop("immediate")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: object) -> None:
        # a server keeps what it inherits: a pipe would never end
        with (self.folder / "told").open("w+") as told:
            done = subprocess.run(
                [self._bin / program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                user=self._user,
                cwd=self.folder,
                check=False,
            )
        if done.returncode:
            raise subprocess.CalledProcessError(
                done.returncode, program, (self.folder / "told").read_text()
            )


def make_database(server: str, name: str) -> None:
    """Make a database of that name, without anything of an earlier one."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)'.encode())
        connection.execute(f'create database "{name}"'.encode())


def _binaries() -> Path:
    """Return the folder of the newest server on this machine."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    if not debian:
        raise NoPostgres("There is no PostgreSQL server: apt-get install -y postgresql.")
    return debian[-1].parent


def _server_user() -> str | None:
    """Return who runs the server where we are root, whom PostgreSQL refuses."""
    return "nobody" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
