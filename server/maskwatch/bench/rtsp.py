"""A real RTSP server as an object: start, freeze, kill and start again a process. For `bench` and for the tests."""

import json
import signal
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from maskwatch.bench.errors import BenchError

_SCRIPT = Path(__file__).with_name("rtsp_server.py")
_SYSTEM_PYTHON = "/usr/bin/python3"
_PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One path of the server: clips of one codec (h264, h265, mjpeg), played one after another, over and over.

    `audio` (aac, opus) adds sound; `encoding_name` announces the video as a codec that nobody knows. `phase_s` is how
    long after somebody asks for it the first picture comes: cameras don't all send theirs at one moment.
    """

    path: str
    clips: Sequence[str] = ()
    codec: str = "h264"
    audio: str | None = None
    user: str | None = None
    password: str | None = None
    encoding_name: str | None = None
    phase_s: float = 0.0


class RtspServer:
    """A running RTSP server on 127.0.0.1. Use it as a context manager, or call `close`."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        self._mounts = {mount.path: mount for mount in mounts}
        self._process: subprocess.Popen[str] | None = None
        self._playing: dict[str, float] = {}
        self.port = 0
        self.restart()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def url(self, path: str, user: str | None = None, password: str | None = None) -> str:
        """The address of `path`, by default with the user and password that it wants."""
        mount = self._mounts.get(path)
        user = user if user is not None or mount is None else mount.user
        password = password if password is not None or mount is None else mount.password
        login = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}{path}"

    def playing_since(self, path: str) -> float | None:
        """When `path` began to be played, in seconds since 1970; None while nobody has asked for it."""
        return self._playing.get(path)

    def hold(self, path: str) -> None:
        """Stop the pictures of `path`; its sound and RTCP go on."""
        self._tell({"hold": path})

    def resume(self, path: str) -> None:
        """Let the pictures of `path` go on."""
        self._tell({"resume": path})

    def freeze(self) -> None:
        """Stop the whole server; its connections stay open."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._running.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the server at once, as when the power fails."""
        process, self._process = self._running, None
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def restart(self, mounts: Sequence[Mount] | None = None) -> None:
        """Start the server, on the same port as before if there was one; with other `mounts`, if they are given."""
        if mounts is not None:
            self._mounts = {mount.path: mount for mount in mounts}
        if self._process is not None:
            self.kill()
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            [_SYSTEM_PYTHON, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._process = process
        self._tell({"port": self.port, "mounts": [asdict(mount) for mount in self._mounts.values()]})
        assert process.stdout is not None  # noqa: S101 - it was asked for
        ready = process.stdout.readline()
        if not ready:
            _, complaint = process.communicate()
            self._process = None
            raise BenchError(
                f"The RTSP server that makes the cameras did not start: {complaint.strip()}",
                remedy=f"It needs GStreamer: apt-get install --no-install-recommends {_PACKAGES}",
            )
        self.port = json.loads(ready)["port"]
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()
        # Whatever GStreamer grumbles later must not fill the pipe and hold the server up.
        assert process.stderr is not None  # noqa: S101 - it was asked for
        threading.Thread(target=_drain, args=(process.stderr,), daemon=True).start()

    def close(self) -> None:
        """End the server, frozen or not; harmless when it has ended."""
        if self._process is not None:
            self.kill()

    def _listen(self, lines: IO[str]) -> None:
        """Note what the server tells, until it ends."""
        with lines:
            for line in lines:
                told = json.loads(line)
                self._playing[told["playing"]] = told["since"]

    @property
    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise BenchError("The RTSP server has been killed.")
        return self._process

    def _tell(self, command: object) -> None:
        stdin = self._running.stdin
        assert stdin is not None  # noqa: S101 - it was asked for
        stdin.write(json.dumps(command) + "\n")
        stdin.flush()


def _drain(lines: IO[str]) -> None:
    with lines:
        lines.read()
