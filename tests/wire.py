"""A line to a server that a test can cut."""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Passes bytes between clients and a server, and is cut where a test wants it to be."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._word: bytes | None = None
        self._passes = False
        self._for_good = False
        self._broken = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_at(self, word: bytes, *, passes: bool, for_good: bool = False) -> None:
        """Cut the line at the next message to the server that has a word in it.

        Args:
            word: The word.
            passes: Whether the server still gets the message, so that only its answer is lost.
            for_good: Whether nobody gets through any more until it is mended.
        """
        self._word, self._passes, self._for_good = word, passes, for_good

    def mend(self) -> None:
        """Let new connections through again."""
        self._word, self._broken = None, False

    def close(self) -> None:
        """Take no more clients, and wait until those that there are have gone."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._broken:
                    client.close()
                    continue
                relay = threading.Thread(target=self._relay, args=(client,), daemon=True)
                relay.start()
                self._threads.append(relay)

    def _relay(self, client: socket.socket) -> None:
        with client, suppress(OSError), self._to_server() as server:
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data or (one is client and self._cuts(data, server)):
                        return
                    (server if one is client else client).sendall(data)

    def _to_server(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server_port))

    def _cuts(self, data: bytes, server: socket.socket) -> bool:
        if self._word is None or self._word not in data:
            return False
        self._word, self._broken = None, self._for_good
        if self._passes:
            server.sendall(data)
            server.recv(65536)
        return True


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Lay a wire to a server."""
    wire = Wire(port)
    yield wire
    wire.close()


def reset(connection: socket.socket) -> None:
    """Let a connection end by RST when it is closed: what was on its way is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
