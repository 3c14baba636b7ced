"""Running the HTTP application: in this process or in several, to an orderly end."""

import asyncio
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from multiprocessing import connection, parent_process
from time import sleep
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from sched_agent.bootstrap import Program, busy, open_program, set_up_logging
from sched_agent.errors import SchedAgentError, SettingsError
from sched_agent.settings import Settings
from sched_agent.transports.gate import AsgiApp, Doorway, in_url
from sched_agent.transports.rest.app import application, mcp_server

log = logging.getLogger("sched_agent")

GRACE_SECONDS = 10.0
"""How long requests that are under way when the server is asked to stop may take."""

_CHECK_SECONDS = 0.02
_BEFORE_THE_NEXT_SECONDS = 2.0


def serve(program: Program, settings: Settings, workers: int) -> bool:
    """Serve until the process is asked to stop; whether it could begin to.

    Args:
        program: The program, of which this process's part is served if it is the only one.
        settings: Where to listen, and everything else.
        workers: How many processes answer.
    """
    if workers > 1:
        program.close()  # each worker opens its own
        return _serve_in_several(settings, workers)
    server = _Announced(_config(_served(program, settings), settings), settings)
    with suppress(SystemExit):  # uvicorn has said why, and would end with a code of its own
        server.run()
    return server.started


def worker() -> AsgiApp:
    """Return the application of one of several processes; it reads the settings of the first."""
    settings = Settings.read()
    set_up_logging(settings)
    _end_with_parent()
    try:
        program = open_program(settings)
    except (SchedAgentError, SettingsError) as error:
        log.error("a worker can't begin: %s", error)  # noqa: TRY400  # no fault of the program
        sleep(_BEFORE_THE_NEXT_SECONDS)
        sys.exit(1)
    return _served(program, settings, is_worker=True)


def _serve_in_several(settings: Settings, workers: int) -> bool:
    if settings.secret is None:  # what one process seals, another one has to open
        settings = settings.model_copy(update={"secret": secrets.token_hex(32)})
    settings.hand_down()
    config = _config(f"{__name__}:{worker.__name__}", settings, workers=workers, factory=True)
    try:
        listening = config.bind_socket()
    except SystemExit:
        return False
    _announce(settings)
    Multiprocess(config, sockets=[listening]).run()
    return True


def _config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(GRACE_SECONDS),
        **more,
    )


def _served(program: Program, settings: Settings, *, is_worker: bool = False) -> AsgiApp:
    doorway = Doorway()

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        with (
            closing(program),
            _orderly_end(doorway, is_worker=is_worker),
            busy(program),
        ):
            yield

    server = mcp_server(program.backend, settings)
    return application(
        program.app, program.environment, settings, server, doorway=doorway, running=running
    )


@contextmanager
def _orderly_end(doorway: Doorway, *, is_worker: bool) -> Iterator[None]:
    """When asked to stop, refuse what is new, wait for what is under way, then let uvicorn end.

    Whoever asks twice wants it now; but a worker is asked twice when its whole group is, by the
    terminal and by its parent.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not for us
        yield
        return
    loop = asyncio.get_running_loop()
    stop: dict[int, Any] = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    ending: list[asyncio.Task[None]] = []

    async def end(number: int) -> None:
        until = loop.time() + GRACE_SECONDS
        while doorway.inside and loop.time() < until:
            await asyncio.sleep(_CHECK_SECONDS)
        stop[number](number, None)

    def asked(number: int, _: object) -> None:
        if doorway.closing:
            if not is_worker:
                stop[number](number, None)
            return
        doorway.closing = True
        loop.call_soon_threadsafe(lambda: ending.append(loop.create_task(end(number))))

    for number in stop:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in stop.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """End in order when the process that started this one is gone, however it went."""
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def wait() -> None:
        connection.wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def _announce(settings: Settings) -> None:
    place = f"http://{in_url(settings.host)}:{settings.port}"
    log.info("serving MCP at %s/mcp and REST at %s/api/v1; see %s/docs", place, place, place)


class _Announced(uvicorn.Server):
    """Says where it serves, once it does."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            _announce(self._settings)
