"""Keeps one camera open: runs its source in a thread, tells its state, waits, tries again. Nobody else retries."""

import os
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from maskwatch.core.ports import EncodedPacket, FrameSource, Knocking, RawFrame, SourceSink, StreamInfo
from maskwatch.core.types import CameraState
from maskwatch.errors import MaskwatchError, SourceError, SourceReason
from maskwatch.pipeline.backoff import Backoff
from maskwatch.pipeline.status import CameraStatus
from maskwatch.pipeline.telemetry import Telemetry

_log = structlog.get_logger(__name__)

_STALLED_AFTER_S = 3.0
"""An open camera that sends no frame for this long is called stalled…"""
_REOPEN_AFTER_S = 8.0
"""…and after this long it is opened anew, in case its source has not noticed."""
_KNOCK_EVERY_S = 1.5
"""While a camera is gone: its port is asked so often, however long the wait for the next full try has become."""
_NICENESS = 4
"""Of a camera's thread, on top of the process's own."""
_STEADY_AFTER_S = 10.0
"""A camera that has been online for this long starts its waits over when it fails."""


@dataclass(slots=True)
class _Attempt:
    """One run of the source."""

    stop: threading.Event = field(default_factory=threading.Event)
    info: StreamInfo | None = None
    online_since_s: float | None = None
    last_frame_s: float | None = None
    given_up: bool = False
    """Ended by the watchdog, because no frame came."""


class _WatchedSink:
    """Passes everything on and notes that it came; one for each attempt, deaf once that attempt is over."""

    def __init__(self, supervisor: "CameraSupervisor", attempt: _Attempt, sink: SourceSink) -> None:
        self._supervisor, self._attempt, self._sink = supervisor, attempt, sink

    def opened(self, info: StreamInfo) -> None:
        if not self._attempt.stop.is_set():
            self._attempt.info = info
            self._sink.opened(info)
            if self._supervisor.status.state is CameraState.ONLINE:  # its picture changed while it was watched
                self._supervisor.frames_came(self._attempt)

    def frame(self, frame: RawFrame) -> None:
        if self._attempt.stop.is_set():
            return
        first_in_a_while = self._attempt.last_frame_s is None
        self._attempt.last_frame_s = time.monotonic()
        # Passed on before the camera is called online: who hears of it may ask for the picture at once.
        self._sink.frame(frame)
        if first_in_a_while or self._supervisor.status.state is not CameraState.ONLINE:
            self._supervisor.frames_came(self._attempt)

    def packet(self, packet: EncodedPacket) -> None:
        if not self._attempt.stop.is_set():
            self._sink.packet(packet)


class CameraSupervisor:
    """Runs the source of one camera until stopped.

    `on_status` is called from this camera's thread (or from whoever calls `tick`) at every change of state.
    """

    def __init__(
        self,
        name: str,
        *,
        create_source: Callable[[], FrameSource],
        sink: SourceSink,
        telemetry: Telemetry,
        on_status: Callable[[CameraStatus], None],
        after: "CameraSupervisor | None" = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = name
        self._create_source = create_source
        self._sink = sink
        self._telemetry = telemetry
        self._on_status = on_status
        self._after = after
        self._backoff = backoff or Backoff()
        self._stopping = threading.Event()
        self._try_now = threading.Event()
        self._attempt: _Attempt | None = None
        self._source: FrameSource | None = None
        self._status_lock = threading.Lock()
        self._status = CameraStatus(
            state=CameraState.CONNECTING, message="Connecting to the camera.", since_utc=datetime.now(UTC)
        )
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)

    @property
    def status(self) -> CameraStatus:
        """The present state."""
        return self._status

    def start(self) -> None:
        """Start the camera's thread; it first waits for the end of the one it comes after."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; does not wait. From now on nothing is told of the camera."""
        with self._status_lock:
            self._stopping.set()
        self._try_now.set()
        attempt = self._attempt
        if attempt is not None:
            attempt.stop.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread's end; whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether the thread is no more."""
        return not self._thread.is_alive()

    def retry(self) -> None:
        """Do not wait any longer: open the camera now. Changes nothing while it is open."""
        self._try_now.set()

    def tick(self, now_s: float) -> None:
        """The watchdog: call it about once a second. It never blocks."""
        attempt = self._attempt
        if attempt is None or attempt.last_frame_s is None:
            return
        silent_s = now_s - attempt.last_frame_s
        if silent_s >= _REOPEN_AFTER_S:
            attempt.given_up = True
            attempt.stop.set()
        elif silent_s >= _STALLED_AFTER_S and self._status.state is CameraState.ONLINE:
            self._set_status(
                CameraState.STALLED,
                "The camera has stopped sending pictures. Waiting for it, then connecting again.",
                reason=SourceReason.STALLED,
                info=attempt.info,
            )

    def frames_came(self, attempt: _Attempt) -> None:
        """The first frame of an attempt, or the first after a silence."""
        if attempt.online_since_s is None:
            attempt.online_since_s = time.monotonic()
        self._set_status(CameraState.ONLINE, "Watching.", info=attempt.info)

    def _run(self) -> None:
        _let_others_go_first()
        if self._after is not None:
            self._after.join()
            self._after = None
        while not self._stopping.is_set():
            error = self._attempt_once()
            if error is None:
                return
            self._wait(error)

    def _attempt_once(self) -> SourceError | None:
        """Run the source once; the error that ended it, or None when it was stopped on purpose."""
        attempt = self._attempt = _Attempt()
        if self._stopping.is_set():
            return None
        error = self._run_source(attempt)
        attempt.stop.set()
        if attempt.online_since_s is not None and time.monotonic() - attempt.online_since_s >= _STEADY_AFTER_S:
            self._backoff.reset()
        if self._stopping.is_set():
            return None
        if attempt.given_up:
            return SourceError(SourceReason.STALLED, "The camera stopped sending pictures.")
        return error

    def _run_source(self, attempt: _Attempt) -> SourceError:
        """Run the source until it returns or fails; what it raised, as a `SourceError`."""
        try:
            self._source = None
            source = self._source = self._create_source()
            self._tell_opening(getattr(source, "waiting_message", None))
            source.run(_WatchedSink(self, attempt, self._sink), attempt.stop)
        except SourceError as error:
            return error
        except MaskwatchError as error:
            return SourceError(SourceReason.MISCONFIGURED, error.message, remedy=error.remedy)
        # A source is a plug-in: whatever it throws must cost this camera a retry, and nobody else anything.
        except Exception as error:  # noqa: BLE001
            _log.error("a camera's source failed unexpectedly", camera=self.name, error=type(error).__name__)
            return SourceError(
                SourceReason.INTERNAL,
                f"Reading the camera failed unexpectedly ({type(error).__name__}).",
                remedy="Please report this if it happens again.",
            )
        return SourceError(SourceReason.ENDED, "The camera's stream ended.")

    def _tell_opening(self, waiting_message: str | None) -> None:
        """A camera that was offline is called so until it sends a picture: its state must not flicker with each try."""
        if waiting_message is not None:
            self._set_status(CameraState.CONNECTING, waiting_message, reason=SourceReason.WAITING)
            return
        status = self._status
        if status.reason is None or status.reason == SourceReason.WAITING:
            self._set_status(CameraState.CONNECTING, "Connecting to the camera.")
        else:
            self._set_status(status.state, status.message, reason=SourceReason(status.reason))

    def _wait(self, error: SourceError) -> None:
        """Tell why the camera is not open, and wait until it is time to try again."""
        self._try_now.clear()
        if self._stopping.is_set():
            return
        wait_s = self._backoff.next_s() if error.retryable else None
        state = {
            SourceReason.MISCONFIGURED: CameraState.MISCONFIGURED,
            SourceReason.STALLED: CameraState.STALLED,
        }.get(error.reason, CameraState.OFFLINE)
        self._set_status(state, str(error), reason=error.reason, wait_s=wait_s)
        _log.warning("camera is not open", camera=self.name, reason=error.reason.value, message=str(error))
        self._wait_until_due(wait_s)
        if not self._stopping.is_set():
            self._telemetry.camera_reconnect(self.name, error.reason.value)

    def _wait_until_due(self, wait_s: float | None) -> None:
        """Wait `wait_s`, or until asked to try now, or until a camera that was gone takes connections again."""
        source = self._source
        if wait_s is None or not isinstance(source, Knocking):
            self._try_now.wait(wait_s)
            return
        until_s, was_gone = time.monotonic() + wait_s, not self._is_there(source)
        while (left_s := until_s - time.monotonic()) > 0:
            if self._try_now.wait(min(left_s, _KNOCK_EVERY_S * random.uniform(0.75, 1.25))):  # noqa: S311 - no secret
                return
            is_there = self._is_there(source)
            if is_there and was_gone:
                return
            was_gone = was_gone or not is_there

    def _is_there(self, source: Knocking) -> bool:
        try:
            return source.knock()
        # As with `run`: a plug-in's fault must not end the thread, or the camera would never be opened again.
        except Exception as error:  # noqa: BLE001
            _log.error("knocking at a camera failed unexpectedly", camera=self.name, error=type(error).__name__)
            return False

    def _set_status(
        self,
        state: CameraState,
        message: str,
        *,
        reason: SourceReason | None = None,
        wait_s: float | None = None,
        info: StreamInfo | None = None,
    ) -> None:
        now = datetime.now(UTC)
        with self._status_lock:
            if self._stopping.is_set():
                return  # the camera may have been forgotten already, with all that was counted of it
            same = self._status.state is state
            self._status = CameraStatus(
                state=state,
                message=message,
                since_utc=self._status.since_utc if same else now,
                reason=reason.value if reason else None,
                next_try_utc=now + timedelta(seconds=wait_s) if wait_s is not None else None,
                info=info,
            )
            status = self._status
            self._telemetry.camera_state(self.name, state, status.reason)
        self._on_status(status)


def _let_others_go_first() -> None:
    """Make this thread less urgent than those that look and answer.

    Where a machine has too much to do, one thread that looks would get as much of it as each of many that decode: at
    20 cameras on 2 cores more than twice as many looks are done this way.
    """
    if sys.platform == "linux":  # elsewhere niceness belongs to the whole process
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
