import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { LivePicture, type Mode } from "../live/picture";
import { cameraNamed, connected, follow } from "../state/house";
import { liveBy } from "../state/preferences";
import { iceServers } from "../state/session";
import type { Camera } from "../wire.gen";
import { Button } from "./basics";
import { changeCamera, retryCamera } from "./camera-actions";
import { nextTry, shownState, since, stateWord, whyNot } from "./camera-words";
import { StateShape } from "./icons";

/** Time a picture goes on after it left the view: scrolling past and back costs no new connection. */
const LINGER_MS = 3_000;

/** A camera's picture with boxes over it, or in words why there is none. Keeps its ratio whatever it shows. */
export function Stage({ camera, large = false }: { camera: Camera; large?: boolean }) {
  const state = shownState(camera, connected.value);
  const watching = camera.state === "online";
  return (
    <div class={`stage ${large ? "large" : ""}`} data-state={state}>
      {watching ? <Moving camera={camera.name} /> : <NotWatching camera={camera} />}
      {state === "unsure" && watching && <p class="stage-unsure">{t("state.unsure")}</p>}
    </div>
  );
}

function Moving({ camera }: { camera: string }) {
  const root = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [mode, setMode] = useState<Mode>("waiting");

  useEffect(() => {
    if (!root.current || !video.current || !image.current || !canvas.current) return;
    const parts = { video: video.current, image: image.current, canvas: canvas.current };
    const picture = new LivePicture(
      camera,
      parts,
      { iceServers: () => iceServers.peek(), transport: () => liveBy.peek() },
      setMode,
    );
    const end = whileSeen(root.current, () => {
      picture.start();
      const unfollow = follow(camera, (look) => picture.take(look));
      return () => {
        unfollow();
        picture.stop();
      };
    });
    return () => {
      // With a camera that stopped, the server has ended what was watched of it.
      picture.close(cameraNamed(camera)?.state !== "online" || !connected.peek());
      end();
    };
  }, [camera]);

  return (
    <div class="moving" ref={root} data-mode={mode}>
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        disablePictureInPicture
        tabIndex={-1}
        aria-label={t("camera.picture", { camera })}
      />
      <img ref={image} alt={mode === "stills" ? t("camera.picture", { camera }) : ""} hidden={mode !== "stills"} />
      <canvas ref={canvas} />
      {mode === "waiting" && <p class="stage-note">{t("camera.waitingPicture")}</p>}
      {mode !== "waiting" && mode !== "video" && (
        <p class="stage-badge" title={t(`camera.${mode}.hint`)}>
          {t(`camera.${mode}`)}
        </p>
      )}
    </div>
  );
}

/** Runs `begin` while `element` is on the screen of a page that is looked at; what it returns ends it. */
function whileSeen(element: Element, begin: () => () => void): () => void {
  let inView = false;
  let end: (() => void) | null = null;
  let linger: ReturnType<typeof setTimeout> | undefined;
  const check = () => {
    clearTimeout(linger);
    if (inView && !document.hidden) {
      end ??= begin();
    } else if (end) {
      linger = setTimeout(() => {
        end?.();
        end = null;
      }, LINGER_MS);
    }
  };
  const observer = new IntersectionObserver(
    (entries) => {
      inView = entries.at(-1)?.isIntersecting ?? false;
      check();
    },
    { rootMargin: "120px" },
  );
  observer.observe(element);
  document.addEventListener("visibilitychange", check);
  return () => {
    clearTimeout(linger);
    observer.disconnect();
    document.removeEventListener("visibilitychange", check);
    end?.();
  };
}

function NotWatching({ camera }: { camera: Camera }) {
  const next = nextTry(camera);
  const opening = camera.state === "connecting" && !camera.reason;
  return (
    <div class="not-watching" data-state={camera.state}>
      <p class="not-watching-title">
        <StateShape state={camera.state} size={18} />
        {stateWord(camera, true)}
        {!opening && <span class="quiet">{since(camera)}</span>}
      </p>
      <p class="not-watching-why">
        {whyNot(camera)} {next}
      </p>
      {next && (
        <Button icon="retry" onClick={() => retryCamera(camera.name)}>
          {t("action.retry")}
        </Button>
      )}
      {camera.state === "disabled" && !camera.fixed && (
        <Button icon="play" onClick={() => changeCamera(camera.name, { enabled: true })}>
          {t("action.resume")}
        </Button>
      )}
    </div>
  );
}
