"""What a camera is to be: the plain values its supervisor and its line are built from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maskwatch.config import RuleSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """One camera as it shall run. `url` holds its secrets in clear: it is left out of `repr`."""

    name: str
    url: str = field(repr=False)
    enabled: bool = True
    detect_fps: float = 5.0
    options: Mapping[str, Any] = field(default_factory=dict)
    rules: RuleSettings = field(default_factory=RuleSettings)
