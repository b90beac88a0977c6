"""From the house's values to the wire's: the only place where boxes become shares of the picture."""

from datetime import UTC, datetime

from maskwatch.core.types import LABELS, Look, MaskLabel, Observation, Track, TrackState
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.status import CameraFigures, CameraStatus
from maskwatch.secrets import redact_url
from maskwatch.store.records import AlertEvent, StoredAlert
from maskwatch.store.records import Feedback as StoredFeedback
from maskwatch.web.masking import masked
from maskwatch.web.schema.alerts import Alert, AlertState, Feedback, HistoryEntry
from maskwatch.web.schema.cameras import Alerting, Camera, CameraHealth
from maskwatch.web.schema.messages import AlertMessage, FacesMessage, Person

_BELIEVED = {
    TrackState.COMPLIANT: MaskLabel.MASK,
    TrackState.NO_MASK: MaskLabel.NO_MASK,
    TrackState.INCORRECT: MaskLabel.INCORRECT,
}


def camera_view(
    spec: CameraSpec, status: CameraStatus, figures: CameraFigures, *, source: str, fixed: bool, publish_url: str | None
) -> Camera:
    """A camera as the wire shows it: without its secrets."""
    info = status.info
    return Camera(
        name=spec.name,
        url=redact_url(spec.url),
        source=source,
        state=status.state,
        reason=status.reason,
        message=status.message,
        since=status.since_utc,
        next_try_at=status.next_try_utc,
        enabled=spec.enabled,
        detect_fps=spec.detect_fps,
        options=masked(spec.options),
        rules=spec.rules,
        alerting=alerting_view(spec, datetime.now(UTC)),
        fixed=fixed,
        width=info.width if info else None,
        height=info.height if info else None,
        fps=info.fps if info else None,
        codec=info.codec if info else None,
        passthrough=info.passthrough if info else False,
        detects_on=info.detects_on if info else None,
        health=_health(figures),
        publish_url=publish_url,
    )


def alerting_view(spec: CameraSpec, at: datetime) -> Alerting:
    """Whether the camera may raise alerts at `at`, or why not and until when."""
    pause = spec.arming.pause(at)
    if pause is None:
        return Alerting()
    disarm = pause.disarm
    return Alerting(
        armed=False,
        reason=pause.reason,
        until=pause.until_utc,
        disarmed_by=disarm.by if disarm else None,
        disarmed_at=disarm.since_utc if disarm else None,
    )


def _health(figures: CameraFigures) -> CameraHealth:
    """Rounded to what can be told apart, so that nothing is sent while nothing happens."""
    age_s = figures.frame_age_s
    return CameraHealth(
        looks_per_s=round(figures.looks_per_s, 1),
        frames_per_s=round(figures.frames_per_s, 1),
        frame_age_s=round(age_s, 3) if age_s is not None else None,
        reduced=figures.reduced,
        decode_share=round(figures.decode_share, 3) if figures.decode_share is not None else None,
    )


def alert_view(alert: StoredAlert) -> Alert:
    """An alert as the wire shows it."""
    address = f"/api/v1/alerts/{alert.id}"
    return Alert(
        id=alert.id,
        camera=alert.camera,
        kind=alert.kind,
        severity=alert.severity,
        state=AlertState(alert.state.value),
        track_id=alert.track_id,
        raised_at=alert.raised_at,
        closed_at=alert.closed_at,
        close_reason=alert.close_reason,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        snoozed_until=alert.snoozed_until,
        snoozed_by=alert.snoozed_by,
        escalate_at=alert.escalate_at,
        escalated_at=alert.escalated_at,
        feedback=_feedback_view(alert.feedback),
        event_id=alert.event_id,
        confidence=alert.confidence,
        evidence=dict(alert.evidence),
        face_url=f"{address}/face.jpg" if alert.has_face else None,
        frame_url=f"{address}/frame.jpg" if alert.has_frame else None,
        before_url=f"{address}/before.jpg" if alert.has_before else None,
        clip_url=f"{address}/clip.mp4" if alert.has_clip else None,
    )


def _feedback_view(said: StoredFeedback | None) -> Feedback | None:
    return None if said is None else Feedback(wrong=said.wrong, truth=said.truth, at=said.at, by=said.by)


def history_view(event: AlertEvent) -> HistoryEntry:
    """One event as an alert's history tells it."""
    alert = event.alert
    return HistoryEntry(
        event_id=event.event_id,
        action=event.action.value,
        at=event.at,
        by=event.by,
        state=AlertState(alert.state.value),
        close_reason=alert.close_reason,
        snoozed_until=alert.snoozed_until,
        feedback=_feedback_view(alert.feedback),
    )


def event_view(event: AlertEvent) -> AlertMessage:
    """A change of an alert as the websocket tells it."""
    return AlertMessage(
        event_id=event.event_id, action=event.action.value, at=event.at, by=event.by, alert=alert_view(event.alert)
    )


def faces_view(look: Look) -> FacesMessage:
    """Everybody in view in one look; who is only remembered is left out."""
    frame = look.frame
    height, width = frame.picture.height, frame.picture.width
    return FacesMessage(
        camera=frame.camera,
        sequence=frame.sequence,
        captured_at=frame.captured_utc,
        media_ticks=frame.media_ticks,
        width=width,
        height=height,
        people=[
            _person(track, track.observation, width, height) for track in look.tracks if track.observation is not None
        ],
    )


def _person(track: Track, seen: Observation, width: int, height: int) -> Person:
    box = seen.face.box
    believed = _BELIEVED.get(track.state)
    return Person(
        track_id=track.id,
        box=(_share(box.x1, width), _share(box.y1, height), _share(box.x2, width), _share(box.y2, height)),
        score=round(seen.face.score, 3),
        label=seen.verdict.label,
        confidence=round(seen.verdict.confidence, 3),
        probabilities={label: round(seen.verdict.probabilities.get(label, 0.0), 3) for label in LABELS},
        state=track.state,
        belief=round(track.belief[believed] if believed else max(track.belief.values(), default=0.0), 3),
        quality=round(seen.quality.weight, 3),
        seen_s=round(max(0.0, track.last_seen_s - track.first_seen_s), 2),
        watched=track.watched,
    )


def _share(pixels: float, whole: int) -> float:
    return round(min(1.0, max(0.0, pixels / whole)), 5)
