"""A TCP proxy that loses connections: before a request, while it is done, or amid its answer.

What it passes on it does not understand, so the same proxy stands before an HTTP server and
before PostgreSQL.
"""

import asyncio
import random
import socket
import threading
from asyncio import StreamReader, StreamWriter
from collections import Counter
from enum import StrEnum

from tests.wire import reset

_PIECE = 1 << 16


class Fault(StrEnum):
    """When a connection is lost."""

    BEFORE = "request lost"
    MEANWHILE = "lost while the answer was awaited"
    AFTER = "answer lost"
    AMID = "answer torn"


class Proxy:
    """Listens on a port of its own, in a thread of its own, and passes on to another port.

    Args:
        target: The port on 127.0.0.1 to pass on to.
        seed: Of its dice.
        a_thousand: Of so many pieces from the client, how many meet a fault.
    """

    def __init__(self, target: int, seed: str, a_thousand: int) -> None:
        self._target, self._dice, self._a_thousand = target, random.Random(seed), a_thousand
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.drops: Counter[str] = Counter()
        self._slowest = 0.0
        self._open: set[StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def drop_all(self) -> None:
        """Lose every connection there is."""
        self._loop.call_soon_threadsafe(self._drop_all)

    def slow_down(self, seconds: float) -> None:
        """Keep each piece from the client for up to so long from now on."""
        self._slowest = seconds

    def lose_nothing(self) -> None:
        """Pass on everything from now on, and at once."""
        self._a_thousand, self._slowest = 0, 0.0

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        serving = await asyncio.start_server(self._connected, sock=self._socket)
        await self._stopping.wait()
        serving.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _drop_all(self) -> None:
        for writer in list(self._open):
            self.drops["all dropped"] += 1
            self._end(writer)

    def _end(self, writer: StreamWriter) -> None:
        """End a connection by RST or by FIN; what was on its way is gone."""
        if self._dice.random() < 0.5 and not writer.is_closing():
            reset(writer.get_extra_info("socket"))
        writer.transport.abort()

    async def _connected(self, client: StreamReader, to_client: StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # nobody listens at this moment
            to_client.transport.abort()
            return
        fates: list[Fault] = []
        self._open |= {to_client, to_server}
        forth = asyncio.create_task(self._forth(client, to_server, fates))
        back = asyncio.create_task(self._back(server, to_client, fates))
        try:
            await asyncio.wait({forth, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= {to_client, to_server}
            for writer in (to_client, to_server):
                self._end(writer)
            forth.cancel()
            back.cancel()
            await asyncio.gather(forth, back, return_exceptions=True)

    async def _forth(self, client: StreamReader, server: StreamWriter, fates: list[Fault]) -> None:
        while piece := await client.read(_PIECE):
            fate = self._fate()
            if self._slowest:
                await asyncio.sleep(self._dice.uniform(0, self._slowest))
            if fate is Fault.BEFORE:
                return
            server.write(piece)
            await server.drain()
            if fate is Fault.MEANWHILE:
                return
            if fate:
                fates.append(fate)

    async def _back(self, server: StreamReader, client: StreamWriter, fates: list[Fault]) -> None:
        while piece := await server.read(_PIECE):
            if fates == [Fault.AMID]:
                client.write(piece[: len(piece) // 2])
            if fates:
                return
            client.write(piece)
            await client.drain()

    def _fate(self) -> Fault | None:
        if self._dice.random() * 1000 >= self._a_thousand:
            return None
        fate = self._dice.choice(list(Fault))
        self.drops[fate] += 1
        return fate
