"""Puts encryption in front of a server that has none: what an `rtsps:` camera looks like from outside."""

import contextlib
import socket
import threading
from pathlib import Path

from maskwatch.config import TlsMode, TlsSettings
from maskwatch.web.tls import make_tls


class TlsFront:
    """Listens encrypted, with a certificate that nobody knows, and passes everything on to `port` in clear."""

    def __init__(self, port: int, folder: Path) -> None:
        self._target = port
        tls = make_tls(TlsSettings(mode=TlsMode.SELF_SIGNED), folder)
        assert tls is not None
        self._context = tls.context
        self.certificate = folder / "tls" / "certificate.pem"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with contextlib.suppress(OSError):
                    inside = socket.create_connection(("127.0.0.1", self._target))
                    outside = self._context.wrap_socket(connection, server_side=True)
                    self._sockets += [inside, outside]
                    for source, target in ((inside, outside), (outside, inside)):
                        self._threads.append(threading.Thread(target=_pump, args=(source, target)))
                        self._threads[-1].start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
