"""What a camera is to be: the plain values its supervisor and its line are built from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maskwatch.config import LookingOptions, RuleSettings, split_options
from maskwatch.config_rules import zone_info
from maskwatch.core.arming import Arming, Disarm
from maskwatch.core.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """One camera as it shall run. `url` holds its secrets in clear: it is left out of `repr`."""

    name: str
    url: str = field(repr=False)
    enabled: bool = True
    detect_fps: float = 5.0
    options: Mapping[str, Any] = field(default_factory=dict)
    rules: RuleSettings = field(default_factory=RuleSettings)
    disarm: Disarm | None = None
    """Who switched its alerts off for a while, if anybody did; it may be over."""

    @property
    def arming(self) -> Arming:
        """When it may raise alerts."""
        windows = [schedule.window for schedule in self.rules.schedules]
        return Arming(Schedule(windows, zone_info(self.rules.time_zone)), self.disarm)

    @property
    def looking(self) -> LookingOptions:
        """How its pictures are looked at, as its options say."""
        return split_options(self.options)[0]
