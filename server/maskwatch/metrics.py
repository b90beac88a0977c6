"""Every Prometheus metric, in one table, and what fills it. `docs/metrics.md` is made from the table.

Labels are only camera, stage, label, reason, kind, target and outcome; never an address, a name of a person or an id.
"""

import platform
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from maskwatch import __version__
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CameraState, MaskLabel, TrackState

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""What `Metrics.render` gives."""


class MetricKind(StrEnum):
    """Prometheus' types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table: name as exposed, type, labels, help, and a histogram's bounds in its unit."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
_STAGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_AGES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# fmt: off
TABLE: Final[tuple[Metric, ...]] = (
    # Cameras
    Metric("maskwatch_camera_up", _GAUGE, ("camera",),
           "1 while the camera sends pictures, 0 while it should and does not; absent while it is paused."),
    Metric("maskwatch_camera_down", _GAUGE, ("camera", "reason"),
           "1 with why the camera sends no pictures: an error code, connecting, or disabled."),
    Metric("maskwatch_camera_reconnects_total", _COUNTER, ("camera", "reason"),
           "Times the camera was opened again, by what had gone wrong."),
    # The line
    Metric("maskwatch_frames_decoded_total", _COUNTER, ("camera",), "Frames decoded."),
    Metric("maskwatch_decode_seconds_total", _COUNTER, ("camera",),
           "Processor seconds that decoding took. Not known of phones, and of pictures decoded only when looked at."),
    Metric("maskwatch_frames_sampled_total", _COUNTER, ("camera",), "Frames looked at."),
    Metric("maskwatch_frames_dropped_total", _COUNTER, ("camera", "stage", "reason"),
           "Frames, or messages about them, that were not used, by where (sampler, slot, motion_gate, live…) and why."),
    Metric("maskwatch_looks_missed_total", _COUNTER, ("camera",),
           "Looks that were due while the machine had no time for them: it is overloaded, and looks less often."),
    Metric("maskwatch_stage_seconds", _HISTOGRAM, ("stage",),
           "Seconds of a stage: convert, detect, crop, classify, weigh, track, snapshot, record, clip.", _STAGES),
    Metric("maskwatch_worker_failures_total", _COUNTER, ("reason",),
           "Rounds of inference that failed, by type of error."),
    # People and alerts
    Metric("maskwatch_faces_total", _COUNTER, ("camera", "label"),
           "Faces judged, by what the look said: mask, no_mask, incorrect, unknown."),
    Metric("maskwatch_people_in_view", _GAUGE, ("camera", "label"),
           "People now in view, by what is believed of them: compliant, no_mask, incorrect, unknown."),
    Metric("maskwatch_alerts_raised_total", _COUNTER, ("camera", "kind"), "Alerts raised."),
    Metric("maskwatch_alerts_closed_total", _COUNTER, ("camera", "kind", "reason"),
           "Alerts closed, by why: mask_on, left, camera_lost, recovered, settings_changed."),
    Metric("maskwatch_alerts_open", _GAUGE, ("camera", "kind"), "Alerts now open."),
    Metric("maskwatch_alerts_held_back_total", _COUNTER, ("camera", "kind"),
           "Alerts held back by max_alerts_per_minute; the alert of kind held_back says how many."),
    Metric("maskwatch_camera_armed", _GAUGE, ("camera",),
           "1 while the camera may raise alerts, 0 while it is disarmed or outside of its schedule."),
    Metric("maskwatch_alert_frame_age_seconds", _HISTOGRAM, ("camera",),
           "Age of the deciding frame when its alert was committed and sent out.", _AGES),
    # The store
    Metric("maskwatch_alerts_waiting", _GAUGE, (), "Changes of alerts that the database has not taken yet."),
    Metric("maskwatch_alert_record_failures_total", _COUNTER, ("reason",),
           "Failed tries at recording a change of an alert; each is tried again."),
    Metric("maskwatch_snapshot_failures_total", _COUNTER, ("reason",), "Alerts kept without their pictures."),
    Metric("maskwatch_clip_failures_total", _COUNTER, ("reason",), "Alerts kept without their clips."),
    Metric("maskwatch_clip_bytes", _GAUGE, (), "Bytes of all clips kept."),
    Metric("maskwatch_snapshot_bytes", _GAUGE, (), "Bytes of all pictures kept."),
    Metric("maskwatch_disk_free_bytes", _GAUGE, (), "Bytes free on the disk of the data folder."),
    Metric("maskwatch_retention_failures_total", _COUNTER, ("reason",),
           "Failed rounds of erasing what is too old or too much."),
    # Delivery
    Metric("maskwatch_deliveries_total", _COUNTER, ("target", "outcome"),
           "Tries at telling a target, by outcome: delivered, failed (tried again), dead (given up)."),
    Metric("maskwatch_deliveries_waiting", _GAUGE, ("target",), "Notices that a target is still to be told."),
    Metric("maskwatch_delivery_oldest_waiting_seconds", _GAUGE, ("target",),
           "How long the oldest notice for a target has waited, while the server ran."),
    Metric("maskwatch_deliveries_dead", _GAUGE, ("target",),
           "Notices that were given up, until somebody sends them again or drops them."),
    # The server
    Metric("maskwatch_websocket_clients", _GAUGE, (), "Open websocket connections."),
    Metric("maskwatch_webrtc_peers", _GAUGE, ("label",), "WebRTC peers, by what they do: viewer or publisher."),
    Metric("maskwatch_websocket_viewers", _GAUGE, (), "Live pictures sent by websocket, where WebRTC can't be had."),
    Metric("maskwatch_event_loop_lag_seconds", _HISTOGRAM, (),
           "How much later than asked the event loop came to a timer.", _LAGS),
    Metric("maskwatch_event_loop_tasks", _GAUGE, (), "Tasks of the event loop."),
    Metric("maskwatch_build_info", _GAUGE, ("version", "python"), "1, with the versions of maskwatch and Python."),
)
# fmt: on

PROCESS_METRICS: Final = (
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
    "process_max_fds",
)
"""What prometheus-client itself tells of the process."""

_Child = Counter | Gauge | Histogram


class Metrics:
    """Fills the table: implements `pipeline.telemetry.Telemetry` and what the store and the web report.

    Every method may be called from any thread and costs about a microsecond: series are looked up once and kept.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter: nobody asks for it
        self.registry = registry if registry is not None else CollectorRegistry()
        self._metrics = {metric.name: _create(metric, self.registry) for metric in TABLE}
        ProcessCollector(registry=self.registry)
        self._series: dict[tuple[str, ...], _Child] = {}
        self._lock = threading.Lock()
        self._removed: set[str] = set()
        """Cameras that are gone; what their threads still report is not to bring their series back."""
        self._down_reason: dict[str, str] = {}
        self._gauge("maskwatch_build_info", __version__, platform.python_version()).set(1)
        for role in ("viewer", "publisher"):
            self.webrtc_peers(role, 0)
        self.websocket_viewers(0)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format. Reads /proc: call it in a thread."""
        return generate_latest(self.registry)

    def frame_decoded(self, camera: str, decode_s: float | None = None) -> None:
        """A frame was decoded, in `decode_s` seconds of processor time where that is known."""
        self._count("maskwatch_frames_decoded_total", camera)
        if decode_s is not None and camera not in self._removed:
            self._counter("maskwatch_decode_seconds_total", camera).inc(decode_s)

    def frame_sampled(self, camera: str) -> None:
        """A frame was looked at."""
        self._count("maskwatch_frames_sampled_total", camera)

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        """A frame, or a message about it, was not used."""
        self._count("maskwatch_frames_dropped_total", camera, stage, reason)

    def looks_missed(self, camera: str, looks: int) -> None:
        """So many looks were due while the machine had no time for this camera."""
        if camera not in self._removed:
            self._counter("maskwatch_looks_missed_total", camera).inc(looks)

    def stage_seconds(self, stage: str, seconds: float) -> None:
        """One pass of a stage took this long."""
        self._histogram("maskwatch_stage_seconds", stage).observe(seconds)

    def worker_failed(self, error: str) -> None:
        """A round of inference failed with this type of error."""
        self._counter("maskwatch_worker_failures_total", error).inc()

    def camera_state(self, camera: str, state: CameraState, reason: str | None) -> None:
        """A camera's state changed. Its series begin here, also when a camera of that name was removed before."""
        with self._lock:
            self._removed.discard(camera)
            before = self._down_reason.pop(camera, None)
        if before is not None:
            self._remove("maskwatch_camera_down", camera, before)
        for kind in AlertKind:
            # From 0 on, or Prometheus would not see the first alert of a camera as an increase.
            self._counter("maskwatch_alerts_raised_total", camera, kind.value)
            self._gauge("maskwatch_alerts_open", camera, kind.value)
            if kind.is_of_person:
                self._counter("maskwatch_alerts_held_back_total", camera, kind.value)
        if state is CameraState.DISABLED:
            self._remove("maskwatch_camera_up", camera)
        else:
            self._gauge("maskwatch_camera_up", camera).set(1 if state is CameraState.ONLINE else 0)
        if state is not CameraState.ONLINE:
            why = reason or state.value
            self._down_reason[camera] = why
            self._gauge("maskwatch_camera_down", camera, why).set(1)

    def camera_reconnect(self, camera: str, reason: str) -> None:
        """A camera is being opened again."""
        self._count("maskwatch_camera_reconnects_total", camera, reason)

    def camera_removed(self, camera: str) -> None:
        """A camera is gone: its series end."""
        with self._lock:
            self._removed.add(camera)
            self._down_reason.pop(camera, None)
            for metric in TABLE:
                if "camera" in metric.labels:
                    self._metrics[metric.name].remove_by_labels({"camera": camera})
            cameras_own = {metric.name for metric in TABLE if metric.labels[:1] == ("camera",)}
            for key in [key for key in self._series if key[0] in cameras_own and key[1] == camera]:
                del self._series[key]

    def face_judged(self, camera: str, label: MaskLabel) -> None:
        """One face was judged in one look."""
        self._count("maskwatch_faces_total", camera, label.value)

    def people_in_view(self, camera: str, people: Mapping[TrackState, int]) -> None:
        """People now in view by state; states left out have nobody."""
        if camera not in self._removed:
            for state in TrackState:
                self._gauge("maskwatch_people_in_view", camera, state.value).set(people.get(state, 0))

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        """An alert was raised or closed; `frame_age_s` is the age of the deciding frame when it was published."""
        camera, kind = change.camera, change.kind.value
        if camera in self._removed:
            return
        if change.action is AlertAction.RAISED:
            self._count("maskwatch_alerts_raised_total", camera, kind)
            self._gauge("maskwatch_alerts_open", camera, kind).inc()
            if frame_age_s is not None:
                self._histogram("maskwatch_alert_frame_age_seconds", camera).observe(frame_age_s)
        elif change.action is AlertAction.CLOSED:
            reason = change.reason.value if change.reason is not None else "unknown"
            self._count("maskwatch_alerts_closed_total", camera, kind, reason)
            self._gauge("maskwatch_alerts_open", camera, kind).dec()

    def alert_held_back(self, camera: str, kind: AlertKind) -> None:
        """An alert was held back: there were too many in a minute."""
        self._count("maskwatch_alerts_held_back_total", camera, kind.value)

    def camera_armed(self, camera: str, *, armed: bool) -> None:
        """Whether a camera may raise alerts now."""
        if camera not in self._removed:
            self._gauge("maskwatch_camera_armed", camera).set(1 if armed else 0)

    def alerts_waiting(self, count: int) -> None:
        """Changes of alerts that are not committed yet."""
        self._gauge("maskwatch_alerts_waiting").set(count)

    def record_failed(self, reason: str) -> None:
        """The database did not take a change."""
        self._counter("maskwatch_alert_record_failures_total", reason).inc()

    def snapshot_failed(self, reason: str) -> None:
        """An alert goes without its pictures."""
        self._counter("maskwatch_snapshot_failures_total", reason).inc()

    def snapshots_stored(self, total_bytes: int) -> None:
        """Bytes of all pictures."""
        self._gauge("maskwatch_snapshot_bytes").set(total_bytes)

    def clip_failed(self, reason: str) -> None:
        """An alert goes without its clip."""
        self._counter("maskwatch_clip_failures_total", reason).inc()

    def clips_stored(self, total_bytes: int) -> None:
        """Bytes of all clips."""
        self._gauge("maskwatch_clip_bytes").set(total_bytes)

    def disk_free(self, free_bytes: int) -> None:
        """Bytes free on the disk of the data folder."""
        self._gauge("maskwatch_disk_free_bytes").set(free_bytes)

    def retention_failed(self, reason: str) -> None:
        """A round of erasing failed."""
        self._counter("maskwatch_retention_failures_total", reason).inc()

    def delivery(self, target: str, outcome: str, count: int = 1) -> None:
        """Tries at telling a target came to this outcome."""
        self._counter("maskwatch_deliveries_total", target, outcome).inc(count)

    def deliveries_waiting(self, target: str, waiting: int, oldest_s: float, dead: int) -> None:
        """How much waits for a target, since when, and how much was given up."""
        for outcome in ("delivered", "failed", "dead"):
            # From 0 on, or Prometheus would not see the first one as an increase.
            self._counter("maskwatch_deliveries_total", target, outcome)
        self._gauge("maskwatch_deliveries_waiting", target).set(waiting)
        self._gauge("maskwatch_delivery_oldest_waiting_seconds", target).set(oldest_s)
        self._gauge("maskwatch_deliveries_dead", target).set(dead)

    def target_removed(self, target: str) -> None:
        """A target is no more: its series end."""
        for outcome in ("delivered", "failed", "dead"):
            self._remove("maskwatch_deliveries_total", target, outcome)
        for name in ("deliveries_waiting", "delivery_oldest_waiting_seconds", "deliveries_dead"):
            self._remove(f"maskwatch_{name}", target)

    def websocket_clients(self, count: int) -> None:
        """Open websocket connections."""
        self._gauge("maskwatch_websocket_clients").set(count)

    def webrtc_peers(self, role: str, count: int) -> None:
        """WebRTC peers that watch (`viewer`) or are a camera (`publisher`)."""
        self._gauge("maskwatch_webrtc_peers", role).set(count)

    def websocket_viewers(self, count: int) -> None:
        """Live pictures sent by websocket."""
        self._gauge("maskwatch_websocket_viewers").set(count)

    def loop_lag(self, seconds: float) -> None:
        """The event loop came this late to a timer."""
        self._histogram("maskwatch_event_loop_lag_seconds").observe(seconds)

    def loop_tasks(self, count: int) -> None:
        """The event loop has this many tasks."""
        self._gauge("maskwatch_event_loop_tasks").set(count)

    def _count(self, name: str, camera: str, *labels: str) -> None:
        if camera not in self._removed:
            self._counter(name, camera, *labels).inc()

    def _counter(self, *key: str) -> Counter:
        return cast("Counter", self._series_of(key))

    def _gauge(self, *key: str) -> Gauge:
        return cast("Gauge", self._series_of(key))

    def _histogram(self, *key: str) -> Histogram:
        return cast("Histogram", self._series_of(key))

    def _series_of(self, key: tuple[str, ...]) -> _Child:
        """The series of a metric's name and its label values."""
        child = self._series.get(key)
        if child is None:
            with self._lock:
                metric = self._metrics[key[0]]
                child = self._series[key] = metric.labels(*key[1:]) if len(key) > 1 else metric
        return child

    def _remove(self, *key: str) -> None:
        with self._lock:
            if self._series.pop(key, None) is not None:
                self._metrics[key[0]].remove(*key[1:])


def _create(metric: Metric, registry: CollectorRegistry) -> _Child:
    if metric.kind is MetricKind.HISTOGRAM:
        return Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry)
    kind = Counter if metric.kind is MetricKind.COUNTER else Gauge
    return kind(metric.name, metric.help, metric.labels, registry=registry)


def reference() -> str:
    """The table as Markdown, for docs/metrics.md."""
    lines = ["| Metric | Type | Labels | What it says |", "|---|---|---|---|"]
    lines += [
        f"| `{metric.name}` | {metric.kind} | {', '.join(metric.labels) or '-'} | {metric.help} |" for metric in TABLE
    ]
    return "\n".join(lines)
