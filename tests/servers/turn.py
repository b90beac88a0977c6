"""A real TURN server (coturn) on loopback, for one user."""

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

USER, PASSWORD = "viewer", "let-me-through"


class Turn:
    """A running coturn that relays to this machine only."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("turnserver")
        if program is None:
            pytest.fail("coturn is not installed: apt-get install coturn")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._log_path = folder / "turn.log"
        self._log = self._log_path.open("wb")
        self._process = subprocess.Popen(
            [
                program, "-n", "--listening-ip=127.0.0.1", f"--listening-port={self._port}", "--relay-ip=127.0.0.1",
                "--lt-cred-mech", f"--user={USER}:{PASSWORD}", "--realm=test", "--allow-loopback-peers", "--no-cli",
                "--no-tls", "--no-dtls", "--log-file=stdout", "--simple-log", "--verbose",
                f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turn.db'}",
            ],
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._wait()

    @property
    def url(self) -> str:
        """Its address, for `RTCIceServer.urls`."""
        return f"turn:127.0.0.1:{self._port}?transport=udp"

    @property
    def log(self) -> str:
        """What it said."""
        return self._log_path.read_text(errors="replace")

    @property
    def logged_in(self) -> bool:
        """Whether anybody was given a relay."""
        return re.search(r"ALLOCATE processed, success", self.log) is not None

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        pytest.fail(f"coturn does not start:\n{self.log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
