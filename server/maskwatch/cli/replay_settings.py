"""What a replay judges by: a settings file's common rules or those of one camera, and single changes to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskwatch.cli.options import yaml_value
from maskwatch.config import RuleSettings, load_settings
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.pipeline.spec import CameraSpec

_DETECT_FPS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySettings:
    """The rules, rate and way of looking of one replay, and the models' settings."""

    rules: RuleSettings
    detect_fps: float
    options: Mapping[str, Any]
    plugins: tuple[dict[str, Any], dict[str, Any]]
    identity: bool

    def spec(self, video: Path) -> "CameraSpec":
        """The camera that the recording stands for."""
        from maskwatch.pipeline.spec import CameraSpec  # noqa: PLC0415

        return CameraSpec(
            name="replay", url=str(video), detect_fps=self.detect_fps, rules=self.rules, options=self.options
        )


def replay_settings(config: Path | None, camera: str | None, assignments: list[str]) -> ReplaySettings:
    """What `config` says of `camera`, or of all cameras where none is named, with `assignments` (key=value) changed.

    Raises:
        ConfigError: the file, the camera or a setting is unknown or broken.
    """
    settings = load_settings(config)
    rules, detect_fps, options = settings.rules, _DETECT_FPS, {}
    if camera is not None:
        if camera not in settings.cameras:
            known = ", ".join(settings.cameras) or "none"
            raise ConfigError(f"The settings have no camera {camera!r}.", remedy=f"Cameras in the file: {known}.")
        chosen = settings.cameras[camera]
        rules, detect_fps, options = chosen.rules, chosen.detect_fps, chosen.options
    changes = _parse(assignments)
    detect_fps = changes.pop("detect_fps", detect_fps)
    changed = {"rules": {**rules.model_dump(mode="json"), **changes}, "detect_fps": detect_fps, "url": "replay"}
    checked = load_settings(None, {"cameras": {"replay-camera": changed}}).cameras["replay-camera"]
    return ReplaySettings(
        rules=checked.rules,
        detect_fps=checked.detect_fps,
        options=options,
        plugins=settings.detection.plugins,
        identity=settings.identity,
    )


def _parse(assignments: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator or key not in {*RuleSettings.model_fields, "detect_fps"}:
            known = ", ".join([*RuleSettings.model_fields, "detect_fps"])
            raise ConfigError(
                f"--set {assignment} is not a setting of a camera's rules.", remedy=f"Known are: {known}."
            )
        values[key] = yaml_value(value, told=f"--set {assignment}: the value")
    return values
