"""From settings to a running program."""

import json
import logging
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from sched_agent.app import App, Outside
from sched_agent.backends.base import Backend
from sched_agent.backends.local import LocalBackend
from sched_agent.clock import Clock, pinned_clock, system_clock
from sched_agent.errors import SchedAgentError, SettingsError
from sched_agent.model.calendar import Environment
from sched_agent.model.zone import instant
from sched_agent.services import environments
from sched_agent.services.sweeping import sweep
from sched_agent.services.tasks import TASKS
from sched_agent.services.working import Worker, at_work
from sched_agent.settings import Settings
from sched_agent.store.base import Store

log = logging.getLogger("sched_agent")

_SWEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that the doors need."""

    settings: Settings
    app: App
    backend: Backend
    environment: Environment

    def close(self) -> None:
        """Give back everything that is open."""
        self.backend.close()
        self.app.store.close()


def open_program(settings: Settings) -> Program:
    """Open the database, bring it up to date, and make the first environment if there is none.

    Raises:
        SettingsError: The database can't be used.
        CalendarUnreachable: The database can't be used at this moment.
    """
    app = open_app(settings)
    try:
        for step in app.store.migrate():
            log.info("migrated the database: %s", step)
        environment, made = environments.ensure(app, environments.DEFAULT, timezone(settings))
    except BaseException:
        app.store.close()
        raise
    if made and settings.backend == "local":
        log.info(
            "made a first calendar, open Monday to Friday 9:00-17:00 (%s); "
            "change it with the tools of the toolset admin, or over REST",
            environment.timezone,
        )
    return Program(settings, app, _backend(settings, app, environment), environment)


def _backend(settings: Settings, app: App, environment: Environment) -> Backend:
    if settings.backend == "local":
        return LocalBackend(app)
    from sched_agent.backends.choosing import hosted_backend

    return hosted_backend(settings, app, environment)


def open_app(settings: Settings) -> App:
    """Return the program below the doors, with the database as it is."""
    if settings.ca_file is not None:
        _trust(settings.ca_file)
    outside = Outside(
        keys=settings.credential_keys,
        seconds=settings.provider_seconds,
        allow_private=settings.allow_private,
        public_url=settings.public_address,
        mail=settings.smtp_url,
        mail_from=settings.mail_from,
    )
    return App(_store(settings), clock(settings), settings.max_holds, outside)


def _trust(file: str) -> None:
    from sched_agent import outward

    try:
        outward.trust(file)
    except OSError as fault:
        raise SettingsError(
            f"SCHED_AGENT_CA_FILE: {file} holds no certificates that can be read "
            f"({fault.strerror or type(fault).__name__})."
        ) from None


def _store(settings: Settings) -> Store:
    url = settings.postgres_url
    if url is None:
        from sched_agent.store.sqlite import SqliteStore

        return SqliteStore(settings.database_path())
    try:
        from sched_agent.store.postgres import PostgresStore
    except ImportError as missing:
        raise SettingsError(
            "PostgreSQL needs a driver: pip install 'sched-agent[postgres]'."
        ) from missing
    return PostgresStore(url, settings.database_connections)


def clock(settings: Settings) -> Clock:
    """Return the machine's clock, or the one that the settings pin."""
    return pinned_clock(instant(settings.now)) if settings.now else system_clock


def timezone(settings: Settings) -> str:
    """Return the zone that the settings name, else the system's.

    Raises:
        SettingsError: The system does not tell its zone.
    """
    if settings.timezone is not None:
        return settings.timezone
    from tzlocal import get_localzone_name

    try:
        name = get_localzone_name()
    except (LookupError, ValueError, OSError):
        name = None
    if not name:
        raise SettingsError("The system does not tell its time zone: set SCHED_AGENT_TIMEZONE.")
    return str(name)


@contextmanager
def busy(program: Program) -> Iterator[None]:
    """Do in threads what nobody waits for, while something goes on."""
    with ExitStack() as both:
        both.enter_context(swept(program.app))
        if program.settings.worker == "inside" and program.settings.backend == "local":
            both.enter_context(at_work(worker(program.app, program.settings)))
        yield


def worker(app: App, settings: Settings) -> Worker:
    """Return what does the messages of the outbox."""
    return Worker(app, TASKS, lease_seconds=settings.lease_seconds)


@contextmanager
def swept(app: App) -> Iterator[None]:
    """Sweep now and then, in a thread, while something goes on."""
    over = threading.Event()

    def keep_sweeping() -> None:
        while not over.wait(random.uniform(0.5, 1.5) * _SWEEP_SECONDS):  # noqa: S311  # no secret
            try:
                sweep(app)
            except SchedAgentError as error:  # the next time will do
                log.warning("not swept: %s", error.message)
            except Exception:  # a thread that ends would never be missed
                log.exception("not swept")

    sweeper = threading.Thread(target=keep_sweeping, name="sweeper", daemon=True)
    sweeper.start()
    try:
        yield
    finally:
        over.set()
        sweeper.join()


class _JsonLines(logging.Formatter):
    """One JSON object a line: time, level, message, and the fields that were logged with it."""

    _ours = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in vars(record).items() if k not in self._ours}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error; standard output belongs to the protocol."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("sched-agent: %(levelname)s: %(message)s")
    handler.setFormatter(_JsonLines() if settings.log_format == "json" else text)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("httpx", "httpcore"):  # they tell whole addresses, and some of ours are secrets
        logging.getLogger(name).setLevel(logging.WARNING)
    log.setLevel(settings.log_level.upper())
