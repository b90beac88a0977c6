"""The inference worker: the straight line from a sampled frame to a look, batched over all cameras that are due."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from maskwatch.core.types import Frame, Look
from maskwatch.pipeline.line import CameraLine
from maskwatch.pipeline.looking import Looker, View
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.pipeline.telemetry import Telemetry

_log = structlog.get_logger(__name__)


class InferenceWorker:
    """One thread that looks. Its looker, and so the models, are used by this thread only."""

    def __init__(
        self,
        *,
        looker: Looker,
        queue: ReadyQueue,
        telemetry: Telemetry,
        on_look: Callable[[Look], None],
        name: str = "inference-0",
    ) -> None:
        self._looker = looker
        self._queue = queue
        self._telemetry = telemetry
        self._on_look = on_look
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end, after the queue was closed."""
        if self._thread.ident is not None:  # else it never started, because something before it failed
            self._thread.join(timeout_s)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._queue.round() as lines:
                if not lines:
                    return
                try:
                    self._look_at(lines)
                # This is the supervisor of a round: one bad frame or model answer must not end the watch.
                except Exception as error:  # noqa: BLE001
                    self._telemetry.worker_failed(type(error).__name__)
                    _log.error("a round of looks failed", cameras=[line.name for line in lines], exc_info=error)

    def _look_at(self, lines: Sequence[CameraLine]) -> None:
        """The straight line: convert, detect and classify in one batch, then follow and judge camera by camera."""
        started_s = time.perf_counter()
        with self._looker.timed("convert"):
            taken = [(line, *found) for line in lines if (found := self._take(line)) is not None]
        if not taken:
            return
        observations = self._looker.look([view for _, _, view in taken])
        for (line, frame, _), seen in zip(taken, observations, strict=True):
            look = line.advance(frame, seen)
            if look is not None:
                self._on_look(look)
        self._queue.took(len(taken), time.perf_counter() - started_s)

    def _take(self, line: CameraLine) -> tuple[Frame, View] | None:
        """The line's newest frame; a frame that can't be converted costs its own camera a look and nobody else."""
        try:
            frame = line.take()
            return None if frame is None else (frame, self._looker.view(frame.picture, line.closer_look))
        # Those behind it in the round have left the queue: they would never ask for another turn, were they not taken.
        except Exception as error:  # noqa: BLE001
            kind = type(error).__name__
            stack = None if isinstance(error, (ValueError, OSError, MemoryError)) else error  # not what was foreseen
            self._telemetry.frame_dropped(line.name, "convert", kind)
            _log.warning("a frame could not be converted", camera=line.name, error=kind, exc_info=stack)
            return None
