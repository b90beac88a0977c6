import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { ticking } from "../i18n/time";
import { type Obstacle, Publisher, type PublishState } from "../live/whip";
import { now } from "../state/clock";
import { takeToken } from "../state/publish-token";
import { iceServers } from "../state/session";
import { Button } from "../ui/basics";
import { Mark } from "../ui/icons";

type Phase = PublishState | { is: "ready" };

/** Turns the device at hand into a camera. It stands alone: whoever is sent its link sees nothing else of the house. */
export function PublishPage({ name }: { name: string }) {
  const [phase, setPhase] = useState<Phase>({ is: "ready" });
  const [stream, setStream] = useState<MediaStream | null>(null);
  const publisher = useRef<Publisher | null>(null);
  const token = useRef<string | null>(null);
  const hindrance = obstacleBefore();

  useEffect(() => {
    token.current = takeToken(name);
    return () => publisher.current?.stop();
  }, [name]);
  useEffect(() => {
    const stop = () => publisher.current?.stop();
    window.addEventListener("pagehide", stop);
    return () => window.removeEventListener("pagehide", stop);
  }, []);

  const start = () => {
    publisher.current ??= new Publisher(
      `/${name}/whip`,
      token.current,
      () => iceServers.peek(),
      (state, media) => {
        setPhase(state);
        setStream(media);
      },
    );
    void publisher.current.start({ facing: "environment" });
  };
  const idle = phase.is === "ready" || phase.is === "stopped" || phase.is === "blocked";
  return (
    <main class="alone publish" id="main" tabIndex={-1}>
      <header>
        <Mark />
        <h1>{t("publish.title", { camera: name })}</h1>
      </header>
      <div class="publish-stage">
        <Preview stream={stream} />
        {idle && (
          <p class="publish-intro">
            {hindrance
              ? t(`publish.${hindrance}`)
              : phase.is === "blocked"
                ? obstacleText(phase.by, name)
                : phase.is === "stopped"
                  ? t("publish.state.stopped")
                  : t("publish.ready", { camera: name })}
          </p>
        )}
      </div>
      <Status phase={phase} />
      <div class="publish-actions">
        {idle && !hindrance && (
          <Button kind="primary" icon="play" onClick={start}>
            {t(phase.is === "blocked" && phase.by === "taken" ? "publish.takeOver" : "publish.start")}
          </Button>
        )}
        {!idle && (
          <Button kind="danger" icon="pause" onClick={() => publisher.current?.stop()}>
            {t("publish.stop")}
          </Button>
        )}
        {!idle && stream && <CameraChoice stream={stream} onChoice={(choice) => publisher.current?.choose(choice)} />}
      </div>
      <Awake sending={!idle} />
      <p class="hint">{t("publish.privacy")}</p>
    </main>
  );
}

/** What makes it pointless to try: browsers give cameras to secure pages only. */
function obstacleBefore(): "insecure" | "unsupported" | null {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !("RTCPeerConnection" in window)) return "unsupported";
  return null;
}

function obstacleText(by: Obstacle, camera: string): string {
  return by === "noSuch" ? t("publish.noSuch", { camera }) : t(`publish.${by}`);
}

function Preview({ stream }: { stream: MediaStream | null }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return (
    <video ref={video} muted playsInline autoPlay hidden={!stream} aria-label={t("publish.preview")} tabIndex={-1} />
  );
}

function Status({ phase }: { phase: Phase }) {
  if (phase.is === "ready" || phase.is === "blocked" || phase.is === "stopped")
    return <p class="publish-status" role="status" />;
  const words =
    phase.is === "live"
      ? t("publish.state.live", { time: ticking(now() - phase.since) })
      : t(phase.is === "lost" && phase.relayRefused ? "publish.state.relay" : `publish.state.${phase.is}`);
  // The counting time is for the eye: a screen reader is told of the change of state alone.
  return (
    <p class={`publish-status is-${phase.is}`}>
      <span class="dot" aria-hidden="true" />
      <span aria-hidden="true">{words}</span>
      <span class="unseen" role="status">
        {phase.is === "live" ? t("publish.state.live", { time: "" }).replace(/[ ,]*$/, "") : words}
      </span>
    </p>
  );
}

/** Front or back on a phone, a list where there are more than two cameras; nothing where there is one. */
function CameraChoice({
  stream,
  onChoice,
}: {
  stream: MediaStream;
  onChoice: (choice: { facing?: "user" | "environment"; deviceId?: string }) => void;
}) {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    navigator.mediaDevices.enumerateDevices().then(
      (found) => setDevices(found.filter((device) => device.kind === "videoinput")),
      () => setDevices([]),
    );
  }, []);
  const settings = stream.getVideoTracks()[0]?.getSettings();
  if (devices.length < 2) return null;
  if (settings?.facingMode) {
    const facing = settings.facingMode === "user" ? "environment" : "user";
    return (
      <Button icon="swap" onClick={() => onChoice({ facing })}>
        {t("publish.switch")}
      </Button>
    );
  }
  return (
    <label class="camera-choice">
      <span class="unseen">{t("publish.choose")}</span>
      <select value={settings?.deviceId ?? ""} onChange={(event) => onChoice({ deviceId: event.currentTarget.value })}>
        {devices.map((device, i) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${t("publish.choose")} ${i + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Keeps the screen on while sending, and says so, or says what to mind where the browser can't. */
function Awake({ sending }: { sending: boolean }) {
  const [awake, setAwake] = useState(false);
  useEffect(() => {
    if (!sending) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const keep = async () => {
      if (document.hidden || !("wakeLock" in navigator)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (over) void lock.release();
        else setAwake(true);
      } catch {
        setAwake(false); // a low battery, or the browser's own mind
      }
    };
    void keep();
    document.addEventListener("visibilitychange", keep);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", keep);
      void lock?.release();
    };
  }, [sending]);
  if (!sending) return null;
  return <p class="hint">{awake ? t("publish.awake") : t("publish.asleep")}</p>;
}
