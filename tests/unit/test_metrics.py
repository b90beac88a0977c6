import re
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from maskwatch import __version__
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CameraState, CloseReason, MaskLabel, TrackState
from maskwatch.metrics import PROCESS_METRICS, TABLE, Metrics, reference
from maskwatch.pipeline.telemetry import Telemetry

_ROOT = Path(__file__).resolve().parents[2]


def _samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return _samples(metrics).get((name, frozenset(labels.items())))


def _change(action: AlertAction, camera: str = "lobby") -> AlertChange:
    reason = CloseReason.MASK_ON if action is AlertAction.CLOSED else None
    return AlertChange(
        action=action, alert_id="a", camera=camera, track_id=1, kind=AlertKind.NO_MASK, at_s=1.0, reason=reason
    )


def _report_everything(metrics: Metrics, camera: str) -> None:
    metrics.camera_state(camera, CameraState.CONNECTING, None)
    metrics.camera_state(camera, CameraState.ONLINE, None)
    metrics.camera_reconnect(camera, "timeout")
    metrics.frame_decoded(camera, 0.002)
    metrics.frame_sampled(camera)
    metrics.frame_dropped(camera, "slot", "overwritten")
    metrics.face_judged(camera, MaskLabel.NO_MASK)
    metrics.people_in_view(camera, {TrackState.NO_MASK: 2})
    metrics.alert_changed(_change(AlertAction.RAISED, camera), 0.2)
    metrics.alert_changed(_change(AlertAction.CLOSED, camera), 0.3)


def test_it_is_the_telemetry_of_the_line() -> None:
    telemetry: Telemetry = Metrics()
    telemetry.frame_decoded("lobby")


def test_what_is_reported_is_what_is_told() -> None:
    metrics = Metrics()
    _report_everything(metrics, "lobby")
    metrics.alert_changed(_change(AlertAction.RAISED), 0.12)
    metrics.stage_seconds("detect", 0.003)
    metrics.worker_failed("RuntimeError")
    metrics.alerts_waiting(3)
    metrics.webrtc_peers("viewer", 2)
    assert _value(metrics, "maskwatch_camera_up", camera="lobby") == 1
    assert _value(metrics, "maskwatch_camera_down", camera="lobby", reason="connecting") is None
    assert _value(metrics, "maskwatch_frames_decoded_total", camera="lobby") == 1
    assert _value(metrics, "maskwatch_decode_seconds_total", camera="lobby") == 0.002
    assert _value(metrics, "maskwatch_frames_dropped_total", camera="lobby", stage="slot", reason="overwritten") == 1
    assert _value(metrics, "maskwatch_people_in_view", camera="lobby", label="no_mask") == 2
    assert _value(metrics, "maskwatch_people_in_view", camera="lobby", label="compliant") == 0
    assert _value(metrics, "maskwatch_alerts_raised_total", camera="lobby", kind="no_mask") == 2
    assert _value(metrics, "maskwatch_alerts_closed_total", camera="lobby", kind="no_mask", reason="mask_on") == 1
    assert _value(metrics, "maskwatch_alerts_open", camera="lobby", kind="no_mask") == 1
    assert _value(metrics, "maskwatch_alert_frame_age_seconds_count", camera="lobby") == 2
    assert _value(metrics, "maskwatch_alert_frame_age_seconds_bucket", camera="lobby", le="0.15") == 1
    assert _value(metrics, "maskwatch_stage_seconds_sum", stage="detect") == pytest.approx(0.003)
    assert _value(metrics, "maskwatch_worker_failures_total", reason="RuntimeError") == 1
    assert _value(metrics, "maskwatch_alerts_waiting") == 3
    assert _value(metrics, "maskwatch_webrtc_peers", label="viewer") == 2


def test_a_camera_is_down_for_one_reason_at_a_time() -> None:
    metrics = Metrics()
    metrics.camera_state("lobby", CameraState.CONNECTING, None)
    metrics.camera_state("lobby", CameraState.OFFLINE, "refused")
    metrics.camera_state("lobby", CameraState.OFFLINE, "timeout")
    down = {key[1]: value for key, value in _samples(metrics).items() if key[0] == "maskwatch_camera_down"}
    assert down == {frozenset({("camera", "lobby"), ("reason", "timeout")}): 1}
    assert _value(metrics, "maskwatch_camera_up", camera="lobby") == 0
    metrics.camera_state("lobby", CameraState.DISABLED, None)
    assert _value(metrics, "maskwatch_camera_up", camera="lobby") is None
    assert _value(metrics, "maskwatch_camera_down", camera="lobby", reason="disabled") == 1


def test_a_removed_camera_leaves_no_series_behind() -> None:
    metrics = Metrics()
    _report_everything(metrics, "lobby")
    _report_everything(metrics, "gate")
    metrics.camera_state("lobby", CameraState.OFFLINE, "refused")
    metrics.camera_removed("lobby")
    _stragglers(metrics)
    assert not [key for key in _samples(metrics) if ("camera", "lobby") in key[1]]
    assert _value(metrics, "maskwatch_frames_decoded_total", camera="gate") == 1


def _stragglers(metrics: Metrics) -> None:
    """What the removed camera's threads still report."""
    metrics.frame_decoded("lobby")
    metrics.camera_reconnect("lobby", "timeout")
    metrics.people_in_view("lobby", {})
    metrics.alert_changed(_change(AlertAction.CLOSED), None)


def test_a_camera_of_the_same_name_starts_anew() -> None:
    metrics = Metrics()
    _report_everything(metrics, "lobby")
    metrics.camera_removed("lobby")
    metrics.camera_state("lobby", CameraState.ONLINE, None)
    metrics.frame_decoded("lobby")
    assert _value(metrics, "maskwatch_frames_decoded_total", camera="lobby") == 1


def test_a_target_counts_from_zero_and_leaves_no_series_behind() -> None:
    metrics = Metrics()
    metrics.deliveries_waiting("desk", 3, 12.5, 1)
    assert _value(metrics, "maskwatch_deliveries_total", target="desk", outcome="dead") == 0
    metrics.delivery("desk", "delivered")
    metrics.delivery("desk", "dead", 4)
    assert _value(metrics, "maskwatch_deliveries_total", target="desk", outcome="delivered") == 1
    assert _value(metrics, "maskwatch_deliveries_total", target="desk", outcome="dead") == 4
    assert _value(metrics, "maskwatch_deliveries_waiting", target="desk") == 3
    assert _value(metrics, "maskwatch_delivery_oldest_waiting_seconds", target="desk") == 12.5
    metrics.target_removed("desk")
    assert not [key for key in _samples(metrics) if ("target", "desk") in key[1]]


def test_threads_lose_no_count() -> None:
    metrics = Metrics()

    def count() -> None:
        for number in range(2000):
            metrics.frame_decoded(f"camera-{number % 5}")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [_value(metrics, "maskwatch_frames_decoded_total", camera=f"camera-{n}") for n in range(5)] == [1600] * 5


def test_labels_are_the_few_that_are_allowed() -> None:
    assert {label for metric in TABLE for label in metric.labels} <= {
        "camera", "stage", "label", "reason", "kind", "version", "python", "target", "outcome",
    }  # fmt: skip


def test_names_follow_the_conventions() -> None:
    for metric in TABLE:
        assert re.fullmatch(r"maskwatch_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert bool(metric.buckets) == (metric.kind == "histogram"), metric.name
        assert metric.help.endswith("."), metric.name
        assert list(metric.buckets) == sorted(metric.buckets)


def test_the_build_and_the_process_are_told() -> None:
    metrics = Metrics()
    builds = [dict(key[1]) for key in _samples(metrics) if key[0] == "maskwatch_build_info"]
    assert [build["version"] for build in builds] == [__version__]
    assert set(PROCESS_METRICS) <= {key[0] for key in _samples(metrics)}


def test_two_in_one_process_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.frame_decoded("lobby")
    assert _value(second, "maskwatch_frames_decoded_total", camera="lobby") is None


def test_the_docs_are_in_step() -> None:
    documented = (_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert documented.partition("## Every metric\n\n")[2].rstrip("\n") == reference(), "run scripts/metrics-docs"
