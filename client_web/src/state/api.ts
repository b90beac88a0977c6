import { request } from "../live/http";
import type {
  Alert,
  AlertHistory,
  AlertKind,
  AlertPage,
  AlertState,
  Camera,
  CameraChange,
  CameraCreate,
  CameraStreams,
  CameraTest,
  CameraTestResult,
  DeadLetterCount,
  DeadLetters,
  Discovered,
  Erased,
  FeedbackFilter,
  Judgement,
  NewPassword,
  Notifier,
  NotifierChange,
  NotifierCreate,
  NotifierTest,
  NotifierTestResult,
  NotifierType,
  PushKey,
  Severity,
  Snooze,
  StreamsQuestion,
  User,
} from "../wire.gen";

export interface AlertFilter {
  camera?: string | undefined;
  kind?: readonly AlertKind[] | undefined;
  severity?: Severity | undefined;
  state?: readonly AlertState[] | undefined;
  feedback?: FeedbackFilter | undefined;
  escalated?: true | undefined;
  since?: string | undefined;
  until?: string | undefined;
  min_confidence?: number | undefined;
}

const API = "/api/v1";
const camera = (name: string) => `${API}/cameras/${encodeURIComponent(name)}`;
const notifier = (name: string) => `${API}/notifiers/${encodeURIComponent(name)}`;
const user = (name: string) => `${API}/users/${encodeURIComponent(name)}`;
const alert = (id: string) => `${API}/alerts/${encodeURIComponent(id)}`;

async function json<T>(answer: Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

/** Every request the pages make, by what it is for. */
export const api = {
  cameras: () => json<Camera[]>(request(`${API}/cameras`)),
  camera: (name: string) => json<Camera>(request(camera(name))),
  addCamera: (body: CameraCreate) => json<Camera>(request(`${API}/cameras`, { method: "POST", json: body })),
  changeCamera: (name: string, body: CameraChange) =>
    json<Camera>(request(camera(name), { method: "PATCH", json: body })),
  removeCamera: (name: string) => request(camera(name), { method: "DELETE" }),
  disarmCamera: (name: string, minutes: number) =>
    json<Camera>(request(`${camera(name)}/disarm`, { method: "POST", json: { minutes } })),
  armCamera: (name: string) => json<Camera>(request(`${camera(name)}/arm`, { method: "POST" })),
  disarmAll: (minutes: number) => json<Camera[]>(request(`${API}/disarm`, { method: "POST", json: { minutes } })),
  armAll: () => json<Camera[]>(request(`${API}/arm`, { method: "POST" })),
  retryCamera: (name: string) => request(`${camera(name)}/retry`, { method: "POST" }),
  testCamera: (body: CameraTest, signal: AbortSignal) =>
    json<CameraTestResult>(request(`${API}/cameras/test`, { method: "POST", json: body, signal })),
  discover: () => json<Discovered>(request(`${API}/discovery`, { method: "POST", json: {} })),
  streams: (body: StreamsQuestion) =>
    json<CameraStreams>(request(`${API}/discovery/streams`, { method: "POST", json: body })),
  qrCode: (name: string) => `${camera(name)}/publish.svg`,

  alerts: (filter: AlertFilter, cursor?: string, limit = 50) =>
    json<AlertPage>(request(`${API}/alerts?${query({ ...filter, cursor, limit })}`)),
  alert: (id: string) => json<Alert>(request(alert(id))),
  acknowledge: (id: string) => json<Alert>(request(`${alert(id)}/acknowledge`, { method: "POST", json: {} })),
  snooze: (id: string, until: string) =>
    json<Alert>(request(`${alert(id)}/snooze`, { method: "POST", json: { until } satisfies Snooze })),
  judge: (id: string, body: Judgement) => json<Alert>(request(`${alert(id)}/feedback`, { method: "PUT", json: body })),
  takeBack: (id: string) => json<Alert>(request(`${alert(id)}/feedback`, { method: "DELETE" })),
  history: (id: string) => json<AlertHistory>(request(`${alert(id)}/history`)),
  erase: (id: string) => request(alert(id), { method: "DELETE" }),
  eraseRange: (range: { since?: string | undefined; until?: string | undefined; camera?: string | undefined }) =>
    json<Erased>(request(`${API}/alerts?${query(range)}`, { method: "DELETE" })),
  exportUrl: (filter: AlertFilter, format: "csv" | "json") => `${API}/alerts/export?${query({ ...filter, format })}`,

  notifiers: () => json<Notifier[]>(request(`${API}/notifiers`)),
  notifierTypes: () => json<NotifierType[]>(request(`${API}/notifiers/types`)),
  addNotifier: (body: NotifierCreate) => json<Notifier>(request(`${API}/notifiers`, { method: "POST", json: body })),
  changeNotifier: (name: string, body: NotifierChange) =>
    json<Notifier>(request(notifier(name), { method: "PATCH", json: body })),
  removeNotifier: (name: string) => request(notifier(name), { method: "DELETE" }),
  testNotifier: (name: string) => json<NotifierTestResult>(request(`${notifier(name)}/test`, { method: "POST" })),
  testSettings: (body: NotifierTest) =>
    json<NotifierTestResult>(request(`${API}/notifiers/test`, { method: "POST", json: body })),
  deadLetters: (name: string) => json<DeadLetters>(request(`${notifier(name)}/dead`)),
  handleDeadLetters: (name: string, what: "resend" | "drop", eventId?: number) =>
    json<DeadLetterCount>(
      request(`${notifier(name)}/dead/${what}`, {
        method: "POST",
        json: eventId === undefined ? {} : { event_id: eventId },
      }),
    ),
  pushKey: () => json<PushKey>(request(`${API}/notifiers/push-key`)),

  users: () => json<User[]>(request(`${API}/users`)),
  setPassword: (name: string, body: NewPassword) =>
    json<User>(request(`${user(name)}/password`, { method: "PUT", json: body })),
  removeUser: (name: string) => request(user(name), { method: "DELETE" }),
};

type Value = string | number | boolean | readonly string[] | undefined;

/** Several values of one name go with commas between. */
function query(values: Record<string, Value>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && String(value) !== "");
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
}
