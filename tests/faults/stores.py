"""The databases that a run can use; all the rest of it knows only where they are."""

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import psycopg

from tests.clusters import Cluster
from tests.faults.chaos import BadThing, Chaos, fill_the_disk_under, restart
from tests.faults.proxy import Proxy

BadThings = dict[str, BadThing]


class Database(Protocol):
    """A database that can be hurt."""

    own_url: str
    """Where the run itself reaches it."""
    servers_url: str
    """Where the servers reach it."""
    proxies: list[Proxy]
    bad_things: BadThings

    def remove(self) -> None:
        """End it."""
        ...


class SqliteFile:
    """A file in the run's folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "calendar.db"
        self.own_url = self.servers_url = f"sqlite:///{path}"
        self.proxies: list[Proxy] = []
        self.bad_things: BadThings = {"disks full": fill_the_disk_under(path)}

    def remove(self) -> None:
        """See `Database`: the file goes with its folder."""


class PostgresCluster:
    """A PostgreSQL server of one's own behind a proxy, on a small disk where one may be made."""

    def __init__(self, seed: str) -> None:
        self._folder = Path(mkdtemp(prefix="sched-agent-postgres-"))
        self._small = _mount(self._folder)
        self._cluster = Cluster(self._folder)
        self.own_url = self._cluster.new_database()
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            connection.execute("alter system set max_wal_size = '96MB'")
        proxy = Proxy(self._cluster.port, f"{seed} database", a_thousand=2)
        self.servers_url = self.own_url.replace(f":{self._cluster.port}/", f":{proxy.port}/")
        self.proxies = [proxy]
        self.bad_things: BadThings = {"database restarts": restart(self._cluster)}
        if self._small:
            self.bad_things["disks full"] = self._fill
        else:
            print("No small disk can be made here: PostgreSQL's disk is never full in this run.")

    def remove(self) -> None:
        """See `Database`."""
        for proxy in self.proxies:
            proxy.close()
        with suppress(subprocess.CalledProcessError):
            self._cluster.stop("immediate")
        if self._small:
            subprocess.run(["umount", "--lazy", self._folder], check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _fill(self, chaos: Chaos) -> bool:
        """Leave no room on the disk for a moment; if PostgreSQL crashes on that, start it."""
        ballast = self._folder / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 16)):
                pass
        chaos.wait(0.5, 1.5)
        ballast.unlink()
        if not self._is_up():
            with suppress(subprocess.CalledProcessError):
                self._cluster.stop("immediate")
            self._cluster.start()
        return True

    def _is_up(self) -> bool:
        """Whether it answers, or will soon: after a crash it first reads its log again."""
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            try:
                psycopg.connect(self._cluster.url(), connect_timeout=2).close()
            except psycopg.OperationalError as fault:
                if "starting up" not in str(fault) and "recovery" not in str(fault):
                    return False
            else:
                return True
        return False


def _mount(folder: Path) -> bool:
    """Make a small disk of a folder, if this is allowed."""
    if not shutil.which("mount"):
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=400m", "torture", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
