"""Hosts that answer and then misbehave."""

import contextlib
import socket
import threading


class SilentServer:
    """Accepts TCP connections and says `greeting`, by default nothing, ever after; `hang_up` closes them instead."""

    def __init__(self, greeting: bytes = b"", *, hang_up: bool = False) -> None:
        self._greeting, self._hang_up = greeting, hang_up
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(self._greeting)
                if self._hang_up:
                    connection.close()

    def close(self) -> None:
        # Only a shutdown wakes a thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()
        self._thread.join()
