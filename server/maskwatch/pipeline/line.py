"""One camera's own part of the line: what is sampled, who is followed, what is believed and which alerts are open."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from statistics import median
from threading import Lock

from maskwatch.config import LookingOptions
from maskwatch.core.compliance import Compliance
from maskwatch.core.detail import Part, closer_look
from maskwatch.core.motion import HEIGHT, WIDTH, MotionGate
from maskwatch.core.ports import EncodedPacket, RawFrame, Rule, StreamInfo, Tracker
from maskwatch.core.sampler import Sampler
from maskwatch.core.types import AlertChange, Face, Frame, Look, Observation, Picture, TrackState
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.keepsakes import Keepsakes
from maskwatch.pipeline.looking import doubtful
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.pipeline.slot import LatestSlot
from maskwatch.pipeline.status import CameraFigures
from maskwatch.pipeline.telemetry import Telemetry

_WINDOW_S = 5.0
"""Figures are over this many seconds."""
_REDUCED = 0.1
"""Share of the looks that may be missed before they are called reduced."""


class CameraLine:
    """Takes a camera's frames from its decode thread (as a `SourceSink`) and gives looks to the inference worker.

    `frame` is called by the decode thread; `take`, `advance` and `lose` by one inference thread or the loop at a time
    (`lock` guards tracker, compliance and rule).
    """

    def __init__(  # noqa: PLR0913 - the parts of the line, by name
        self,
        name: str,
        *,
        sampler: Sampler,
        tracker: Tracker,
        compliance: Compliance,
        rule: Rule,
        min_face_px: float,
        telemetry: Telemetry,
        wake: Callable[["CameraLine"], None],
        looking: LookingOptions | None = None,
        identity: IdentityDesk | None = None,
        memory_s: float = 0.0,
    ) -> None:
        looking = looking or LookingOptions()
        self.name = name
        self.min_face_px = min_face_px
        self.weight = looking.weight
        """How many turns it gets where there is not time for all cameras, beside others."""
        self.latest: RawFrame | None = None
        self._sampler, self._tracker, self._compliance, self._rule = sampler, tracker, compliance, rule
        self._identity, self._memory_s = identity, memory_s
        self._telemetry = telemetry
        self._wake = wake
        self._slot: LatestSlot[RawFrame] = LatestSlot()
        self._due_s = 0.0
        """When the look was due that the frame in the slot is for."""
        self._gate = MotionGate() if looking.motion_gate else None
        self._detail = looking.detail == "auto"
        self._people = False
        self._faces: Sequence[Face] = ()
        self._turn = 0
        self._keepsakes = Keepsakes()
        self._lock = Lock()
        self._frames: deque[tuple[float, float | None]] = deque(maxlen=600)
        """When each was captured, and what decoding it took."""
        self._looks: deque[tuple[float, float]] = deque(maxlen=300)
        self._missed: deque[tuple[float, int]] = deque(maxlen=300)
        self._over_s = -math.inf
        """Frames captured until then count no more: their looks were on their way when the camera was lost."""

    # ---- SourceSink, on the decode thread ----

    def opened(self, info: StreamInfo) -> None:
        """Nothing to do: frames say everything the line needs."""

    def frame(self, frame: RawFrame) -> None:
        """Keep the newest frame; hand it to the worker if it is time for a look.

        A look that is due waits for the worker with the newest frame there is: an overloaded machine looks less often,
        not at older pictures.
        """
        self.latest = frame
        self._frames.append((frame.captured_monotonic_s, frame.decode_s))
        self._telemetry.frame_decoded(self.name, frame.decode_s)
        if self._slot.renew(frame):
            self._telemetry.frame_dropped(self.name, "slot", "overwritten")
        elif self._sampler.wants(frame.captured_monotonic_s):
            self._due_s = frame.captured_monotonic_s
            self._slot.put(frame)
            self._wake(self)
        else:
            self._telemetry.frame_dropped(self.name, "sampler", "not_due")

    def packet(self, packet: EncodedPacket) -> None:
        """Nothing to do: encoded packets are the live view's."""

    # ---- on an inference thread ----

    def take(self) -> Frame | None:
        """The newest frame of a look that is due; None when there is none, or nothing moves that a gate waits for."""
        due_s, raw = self._due_s, self._slot.take()
        if raw is None:
            return None
        picture = raw.picture or RgbPicture(raw.to_rgb())
        t_s = raw.captured_monotonic_s
        self._note_missed(due_s, t_s)
        if self._gate is not None and not self._gate.wants(t_s, picture.luma(WIDTH, HEIGHT), people=self._people):
            self._telemetry.frame_dropped(self.name, "motion_gate", "still")
            return None
        self._telemetry.frame_sampled(self.name)
        return Frame(
            camera=self.name,
            sequence=raw.sequence,
            captured_monotonic_s=t_s,
            captured_utc=raw.captured_utc,
            picture=picture,
            media_ticks=raw.live_ticks,
            full=raw.full_rgb,
        )

    def closer_look(self, picture: Picture, input_px: int) -> Part | None:
        """The part of `picture` to look at closer: where faces were found small, while the machine has time for it."""
        if not self._detail or not self._faces or (self._missed and self._missed[-1][0] > time.monotonic() - _WINDOW_S):
            return None
        self._turn += 1
        return closer_look(picture.width, picture.height, self._faces, input_px=input_px, turn=self._turn)

    def _note_missed(self, due_s: float, taken_s: float) -> None:
        """Count the looks that were due while this one waited for its turn."""
        missed = int((taken_s - due_s) / self._sampler.interval_s)
        if missed > 0:
            self._missed.append((taken_s, missed))
            self._telemetry.looks_missed(self.name, missed)

    def advance(self, frame: Frame, observations: Sequence[Observation]) -> Look | None:
        """Follow the people, update what is believed of them, and apply the rule.

        None for a frame from before the camera was lost or the line ended: alerts it raised would never be closed.
        """
        t_s = frame.captured_monotonic_s
        observations = [doubtful(each, min_face_px=self.min_face_px) for each in observations]
        started_s = time.perf_counter()
        with self._lock:
            if t_s <= self._over_s:
                return None
            self._recognise(t_s)
            tracks = self._compliance.update(t_s, self._tracker.update(t_s, observations))
            judged = self._rule.step(frame, tracks)
            if self._identity is not None:
                self._identity.offer(frame, tracks, self._rule, self._memory_s)
            keepsakes = self._keepsakes.look(frame, judged.tracks, judged.changes)
            in_view = [track.state for track in tracks if track.observation is not None]
            self._telemetry.people_in_view(self.name, {state: in_view.count(state) for state in TrackState})
        self._sampler.expect(judged.next_due_s)
        self._telemetry.stage_seconds("track", time.perf_counter() - started_s)
        self._looks.append((t_s, time.monotonic() - t_s))
        for observation in observations:
            self._telemetry.face_judged(self.name, observation.verdict.label)
        for kind in judged.held_back:
            self._telemetry.alert_held_back(self.name, kind)
        self._people = bool(tracks)
        self._faces = [observation.face for observation in observations] if self._detail else ()
        return Look(frame=frame, tracks=judged.tracks, changes=judged.changes, keepsakes=keepsakes)

    def _recognise(self, t_s: float) -> None:
        """Let people who were recognised go on as who they are: their person, and the alert that tells of them."""
        if self._identity is None:
            return
        for found in self._identity.found(self.name):
            if self._rule.told_of(found.track_id) is not None:
                continue  # told of before they were recognised
            known = found.known
            if known.camera == self.name and self._tracker.join(found.track_id, known.id):
                self._compliance.join(found.track_id, known.id)
                self._rule.join(found.track_id, known.id)
                self._identity.rename(self.name, found.track_id, known.id)
        for track_id, kind in self._identity.told_elsewhere(self.name):
            self._rule.excuse(t_s, track_id, kind)

    # ---- on the loop ----

    def lose(self, t_s: float) -> list[AlertChange]:
        """The camera is gone: forget who was in view and close what is open."""
        with self._lock:
            self._over_s = max(self._over_s, t_s)
            changes = self._rule.close_all(t_s)
            self._compliance.update(t_s, [])
            self._tracker.forget()
            if self._identity is not None:
                self._identity.forget(self.name)
            self._keepsakes.forget()
            self._telemetry.people_in_view(self.name, dict.fromkeys(TrackState, 0))
        self._slot.take()
        return changes

    def end(self) -> None:
        """It is no more, or another takes its place: looks that are on their way come to nothing."""
        with self._lock:
            self._over_s = math.inf

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes of its frames any more."""
        return self._over_s == math.inf

    def forget_faces(self) -> None:
        """Nobody on this camera is to be known again by their face any more."""
        with self._lock:
            if self._identity is not None:
                self._identity.forget(self.name)
            self._identity = None

    def figures(self, now_s: float) -> CameraFigures:
        """Looks and frames a second, the age of a look and what decoding takes, over the last seconds."""
        decoded_s = [decode_s for t_s, decode_s in tuple(self._frames) if now_s - t_s <= _WINDOW_S]
        known_s = [decode_s for decode_s in decoded_s if decode_s is not None]
        looks_missed = sum(missed for t_s, missed in tuple(self._missed) if now_s - t_s <= _WINDOW_S)
        ages = [age_s for t_s, age_s in tuple(self._looks) if now_s - t_s <= _WINDOW_S]
        return CameraFigures(
            looks_per_s=len(ages) / _WINDOW_S,
            frames_per_s=len(decoded_s) / _WINDOW_S,
            decode_share=sum(known_s) / _WINDOW_S if known_s else None,
            frame_age_s=median(ages) if ages else None,
            reduced=looks_missed > _REDUCED * (len(ages) + looks_missed),
        )
