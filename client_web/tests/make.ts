import type { Alert, AlertMessage, Camera, FacesMessage, HelloMessage, Person } from "../src/wire.gen";

/** Values for tests: whole ones, of which a test names only what it is about. */
export function person(change: Partial<Person> = {}): Person {
  return {
    track_id: 1,
    box: [0.4, 0.3, 0.5, 0.5],
    score: 0.9,
    label: "no_mask",
    confidence: 0.97,
    probabilities: { mask: 0.02, no_mask: 0.97, incorrect: 0.01 },
    state: "no_mask",
    belief: 0.95,
    quality: 0.8,
    seen_s: 3,
    watched: true,
    ...change,
  };
}

export function faces(change: Partial<FacesMessage> = {}): FacesMessage {
  return {
    v: 1,
    type: "faces",
    camera: "entrance",
    sequence: 1,
    captured_at: "2026-11-24T10:00:00Z",
    media_ticks: 0,
    width: 1280,
    height: 720,
    people: [],
    ...change,
  };
}

export function alert(change: Partial<Alert> = {}): Alert {
  return {
    id: "a1",
    camera: "entrance",
    kind: "no_mask",
    severity: "warning",
    state: "raised",
    track_id: 1,
    raised_at: "2026-11-24T10:00:00Z",
    closed_at: null,
    close_reason: null,
    acknowledged_at: null,
    acknowledged_by: null,
    snoozed_until: null,
    snoozed_by: null,
    escalate_at: null,
    escalated_at: null,
    feedback: null,
    event_id: 1,
    before_url: null,
    clip_url: null,
    confidence: 0.97,
    evidence: {},
    face_url: null,
    frame_url: null,
    ...change,
  };
}

export function event(
  id: number,
  change: Partial<Alert> = {},
  action: AlertMessage["action"] = "raised",
): AlertMessage {
  const at = "2026-11-24T10:00:00Z";
  return {
    v: 1,
    type: "alert",
    event_id: id,
    action,
    at,
    by: null,
    alert: alert({ id: `a${id}`, event_id: id, ...change }),
  };
}

export function hello(change: Partial<HelloMessage> = {}): HelloMessage {
  return {
    v: 1,
    type: "hello",
    server_version: "0.1.0",
    server_time: "2026-11-24T10:00:00Z",
    last_event_id: 0,
    resumed: false,
    cameras: [],
    open_alerts: 0,
    ...change,
  };
}

export function camera(change: Partial<Camera> = {}): Camera {
  return {
    name: "entrance",
    url: "rtsp://192.168.1.20/stream",
    source: "rtsp",
    state: "online",
    reason: null,
    message: "Watching.",
    since: "2026-11-24T09:00:00Z",
    next_try_at: null,
    enabled: true,
    detect_fps: 5,
    options: {},
    rules: {
      dwell_s: 2,
      rearm_s: 2,
      repeat_after_s: null,
      memory_s: 3,
      min_face_px: 16,
      min_confidence: 0.6,
      alert_incorrect: true,
      zones: [],
      time_zone: "UTC",
      schedules: [],
      severity: {
        no_mask: "warning",
        incorrect: "info",
        crowd: "warning",
        camera_offline: "critical",
        camera_blind: "critical",
        held_back: "warning",
      },
      max_alerts_per_minute: 20,
      crowd_below_percent: null,
      crowd_for_minutes: 2,
      crowd_min_people: 3,
      offline_after_s: 60,
      offline_reminder_s: 3600,
      blind_after_s: 30,
    },
    alerting: { armed: true, reason: null, until: null, disarmed_by: null, disarmed_at: null },
    fixed: false,
    width: 1280,
    height: 720,
    fps: 15,
    codec: "h264",
    detects_on: null,
    passthrough: true,
    health: { looks_per_s: 5, frames_per_s: 15, frame_age_s: 0.12, reduced: false, decode_share: 0.031 },
    publish_url: null,
    ...change,
  };
}
