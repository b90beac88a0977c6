import { counted, number, t, tryKey } from "../i18n";
import { clock, ticking } from "../i18n/time";
import { tally } from "../live/words";
import { now } from "../state/clock";
import type { Camera, CameraState, FacesMessage, MaskLabel } from "../wire.gen";

/** Why a camera isn't watching and what to do, in the reader's language; a reason from a newer server in its own words. */
export function whyNot(camera: Camera): string {
  if (camera.state === "disabled") return t("camera.disabled");
  if (camera.state === "connecting" && !camera.reason) return t("camera.connecting");
  const ours = camera.reason ? tryKey(`reason.${camera.reason}`) : undefined;
  return ours ?? camera.message;
}

/** When it is tried again: "Trying again in 8 s." */
export function nextTry(camera: Camera): string | null {
  if (!camera.next_try_at) return null;
  const wait = Date.parse(camera.next_try_at) - now();
  return wait > 1_000 ? t("camera.retryIn", { time: ticking(wait) }) : t("camera.retrySoon");
}

export function since(camera: Camera): string {
  return t("camera.since", { time: clock(Date.parse(camera.since), now()) });
}

/** The state to show: what the server last said is no longer sure once the connection to it is gone. */
export function shownState(camera: Camera, connected: boolean): CameraState | "unsure" {
  return connected || camera.state === "disabled" ? camera.state : "unsure";
}

/** The state in a word. A phone that nobody has picked up yet is not being connected to, it is waited for. */
export function stateWord(camera: Camera, connected: boolean): string {
  const state = shownState(camera, connected);
  return t(state === "connecting" && camera.reason === "waiting" ? "state.waiting" : `state.${state}`);
}

/** "3 in view", "Nobody in view": for the line below a picture and its accessible name. */
export function peopleInWords(look: FacesMessage | null): string {
  if (!look) return t("camera.looking");
  const n = look.people.length;
  return n ? counted("camera.count", n) : t("camera.nobody");
}

export function tallyOf(look: FacesMessage | null): Record<MaskLabel, number> {
  return tally(look?.people ?? []);
}

/** "H.264, 1280 × 720, 15 pictures a second" */
export function streamInWords(stream: Pick<Camera, "codec" | "width" | "height" | "fps">): string {
  return [codecName(stream.codec), sizeInWords(stream), fpsInWords(stream.fps)].filter(Boolean).join(", ");
}

export function sizeInWords({ width, height }: { width: number | null; height: number | null }): string {
  return width && height ? `${width} × ${height}` : "";
}

export function fpsInWords(fps: number | null): string {
  return fps ? t("unit.fps", { n: number(fps, 1) }) : "";
}

/** FFmpeg's names as people know them. */
const CODECS: Record<string, string> = {
  h264: "H.264",
  hevc: "H.265",
  h265: "H.265",
  mjpeg: "MJPEG",
  vp8: "VP8",
  vp9: "VP9",
  av1: "AV1",
  mpeg4: "MPEG-4",
  aac: "AAC",
  opus: "Opus",
  pcm_mulaw: "G.711 µ-law",
  pcm_alaw: "G.711 A-law",
};

export function codecName(codec: string | null): string {
  return codec ? (CODECS[codec.toLowerCase()] ?? codec) : "";
}
