"""Tracker, compliance and rules of one camera, made from its settings: what turns observations into alerts."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from maskwatch.core.compliance import Compliance, ComplianceSettings
from maskwatch.core.sampler import Sampler
from maskwatch.core.tracker import MotionTracker
from maskwatch.pipeline.camera_rules import CameraRules
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.line import CameraLine
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.telemetry import Telemetry

_HYSTERESIS = 0.15
"""How far belief must fall below the least confidence before a state is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What is known of the people of one camera, and what follows from it."""

    tracker: MotionTracker
    compliance: Compliance
    rule: CameraRules

    @classmethod
    def for_camera(cls, spec: CameraSpec, new_id: Callable[[], str], evidence_settings: Mapping[str, Any]) -> "Judges":
        """The judges that `spec` asks for. `evidence_settings` (the models' versions) goes into every alert."""
        rules = spec.rules
        believed = ComplianceSettings(enter=rules.min_confidence, leave=max(1 / 3, rules.min_confidence - _HYSTERESIS))
        return cls(
            tracker=MotionTracker(memory_s=rules.memory_s),
            compliance=Compliance(believed),
            rule=CameraRules(spec, new_id, {**evidence_settings, "belief": asdict(believed)}),
        )

    def take_over(self, other: "Judges") -> None:
        """Go on with the people and the open alerts of `other`: the settings were changed while they were in view."""
        self.tracker.take_over(other.tracker)
        self.compliance.take_over(other.compliance)
        self.rule.take_over(other.rule)

    def line(
        self,
        spec: CameraSpec,
        telemetry: Telemetry,
        wake: Callable[[CameraLine], None],
        identity: IdentityDesk | None = None,
    ) -> CameraLine:
        """The camera's line with these judges at its end."""
        return CameraLine(
            spec.name,
            sampler=Sampler(spec.detect_fps),
            tracker=self.tracker,
            compliance=self.compliance,
            rule=self.rule,
            min_face_px=spec.rules.min_face_px,
            telemetry=telemetry,
            wake=wake,
            looking=spec.looking,
            identity=identity if spec.looking.identity else None,
            memory_s=spec.rules.memory_s,
        )
