"""The parts that the web joins, as the composition root hands them over."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskwatch.config import MaskwatchSettings
from maskwatch.live.hub import LiveHub
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.web.camera_service import CameraService
from maskwatch.web.hub import Hub
from maskwatch.web.notifier_service import NotifierService
from maskwatch.web.ports import CameraManager, Check, Store, WebMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything `build_app` needs.

    `checks` are further readiness checks, by what they check (`models`, `worker`); `models` the models that judge, by
    what they do.
    """

    settings: MaskwatchSettings
    store: Store
    manager: CameraManager
    metrics: WebMetrics
    hub: Hub
    cameras: CameraService
    live: LiveHub
    publishers: PublisherDesk
    notifiers: NotifierService
    checks: Mapping[str, Check] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
