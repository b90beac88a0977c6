"""Encoding faces off the hot path: few a second, only good looks at new people, never more than a handful waiting."""

import queue
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from maskwatch.core.identity import Gallery, Recognised, TrackOf
from maskwatch.core.ports import FaceEncoder, Rule
from maskwatch.core.types import AlertKind, Face, Frame, Image, Track

_log = structlog.get_logger(__name__)

_EVERY_S = 0.25
"""No more than one face in this time, over all cameras."""
_WAITING = 4
_TRIES = 3
_LEAST_WEIGHT, _LEAST_PX = 0.6, 48.0
"""Looks worse than this say more about the camera than about who it is."""
_MARGIN = 0.4
"""Context around the face, as a share of its longer side."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Job:
    who: TrackOf
    t_s: float
    memory_s: float
    life: int
    image: Image
    face: Face


class IdentityDesk:
    """Recognises people across occlusions and cameras. `offer` and `found` are cheap and never block.

    With `at_once` a face is encoded where it is offered: replays give the same answer always.
    """

    def __init__(self, encoder: FaceEncoder, *, at_once: bool = False) -> None:
        self._encoder = encoder
        self._gallery = Gallery(encoder.same_within)
        self._lock = threading.Lock()
        self._found: dict[str, list[Recognised]] = defaultdict(list)
        self._tries: dict[TrackOf, int] = defaultdict(int)
        self._lives: dict[str, int] = defaultdict(int)
        """How often each camera was forgotten: one added under the name of another counts its tracks from 1 again."""
        self._offered_s = float("-inf")
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_WAITING)
        self._thread = None if at_once else threading.Thread(target=self._work, name="identity", daemon=True)
        if self._thread is not None:
            self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """End the thread; what waits is not encoded any more."""
        if self._thread is None:
            return
        while True:
            try:
                self._jobs.put_nowait(None)
                break
            except queue.Full:
                try:
                    self._jobs.get_nowait()
                except queue.Empty:
                    continue
        self._thread.join(timeout_s)

    def found(self, camera: str) -> list[Recognised]:
        """Who was recognised on `camera` since the last call."""
        with self._lock:
            return self._found.pop(camera, [])

    def told_elsewhere(self, camera: str) -> list[tuple[int, AlertKind]]:
        """Tracks of `camera` of whom another track's alert tells by now, and its kind; each only once."""
        with self._lock:
            return self._gallery.told_elsewhere(camera)

    def rename(self, camera: str, gone_id: int, kept_id: int) -> None:
        """Two tracks of `camera` became one."""
        with self._lock:
            self._gallery.rename(TrackOf(camera, gone_id), TrackOf(camera, kept_id))

    def forget(self, camera: str) -> None:
        """Forget everybody of a camera that is gone; what still waits to be encoded of it is not kept either."""
        with self._lock:
            self._gallery.forget(camera)
            self._found.pop(camera, None)
            self._lives[camera] += 1
            for who in [who for who in self._tries if who.camera == camera]:
                del self._tries[who]

    def offer(self, frame: Frame, tracks: Sequence[Track], rule: Rule, memory_s: float) -> None:
        """Note who is on the camera of `frame`; take the best face of somebody new, if it is time for one."""
        camera, t_s = frame.camera, frame.captured_monotonic_s
        told = {track.id: kind for track in tracks if (kind := rule.shown_of(track.id)) is not None}
        with self._lock:
            self._gallery.step(camera, t_s, {track.id: track for track in tracks}, told, memory_s)
            known = {track.id for track in tracks}
            for who in [who for who in self._tries if who.camera == camera and who.id not in known]:
                del self._tries[who]
            new = [track for track in tracks if self._is_worth_it(TrackOf(camera, track.id), track)]
            # Who comes while too many wait is offered again: it is no try, of which everybody has only a few.
            if not new or 0 <= t_s - self._offered_s < _EVERY_S or self._jobs.full():
                return
            self._offered_s = t_s
            best = max(new, key=lambda track: track.observation.quality.weight if track.observation else 0.0)
            self._tries[TrackOf(camera, best.id)] += 1
            life = self._lives[camera]
        if best.observation is None:
            return
        try:
            job = _job(frame, best.id, best.observation.face, memory_s, life)
        except (ValueError, OSError, MemoryError):
            return  # a face less; what the look has changed is told
        self._submit(job)

    def _is_worth_it(self, who: TrackOf, track: Track) -> bool:
        seen = track.observation
        if seen is None or who in self._gallery or self._tries.get(who, 0) >= _TRIES:
            return False
        return seen.quality.weight >= _LEAST_WEIGHT and seen.quality.size_px >= _LEAST_PX

    def _submit(self, job: _Job) -> None:
        if self._thread is None:
            self._encode(job)
            return
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return  # a later look of the same person will do as well

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._encode(job)
            # One face that can't be encoded must not end recognition; nothing of the face goes into the log.
            except Exception as error:  # noqa: BLE001
                _log.warning("a face could not be encoded", camera=job.who.camera, error=type(error).__name__)

    def _encode(self, job: _Job) -> None:
        encoding = self._encoder.encode(job.image, job.face)
        if encoding is None:
            return
        with self._lock:
            if job.who not in self._tries or job.life != self._lives[job.who.camera]:
                return  # forgotten meanwhile
            recognised = self._gallery.add(job.who, encoding, job.t_s, job.memory_s)
            if recognised is not None:
                self._found[job.who.camera].append(recognised)


def _job(frame: Frame, track_id: int, face: Face, memory_s: float, life: int) -> _Job:
    """The face with some context, cut out of the frame."""
    box, picture = face.box, frame.picture
    margin = _MARGIN * box.longer_side
    left, top = max(0, int(box.x1 - margin)), max(0, int(box.y1 - margin))
    right, bottom = min(picture.width, int(box.x2 + margin) + 1), min(picture.height, int(box.y2 + margin) + 1)
    image = picture.crop(left, top, max(1, right - left), max(1, bottom - top))
    return _Job(
        who=TrackOf(frame.camera, track_id),
        t_s=frame.captured_monotonic_s,
        memory_s=memory_s,
        life=life,
        image=image,
        face=face.moved(-left, -top),
    )
