import { useEffect } from "preact/hooks";
import { counted, t } from "../i18n";
import { clock, duration } from "../i18n/time";
import { markSeen, missed, missedSpan } from "../state/away";
import { now } from "../state/clock";
import { alerts, cameras, complete, connected, openAlerts, pollHealth } from "../state/house";
import { go } from "../state/router";
import { ArmingOfAll } from "../ui/arming";
import { Button } from "../ui/basics";
import { stateWord } from "../ui/camera-words";
import { Feed } from "../ui/feed";
import { Grid } from "../ui/grid";
import { Glyph, LabelShape, StateShape } from "../ui/icons";
import { isOfPerson } from "../ui/kinds";
import type { Alert } from "../wire.gen";

export function LivePage() {
  const none = cameras.value?.length === 0;
  useEffect(() => {
    if (none) go("/add", "replace");
  }, [none]);
  useEffect(pollHealth, []);
  if (cameras.value === null || none) return <p class="loading">{t("loading")}</p>;
  return (
    <div class="live-page">
      <h1 class="unseen">{t("live.title")}</h1>
      <div class="answers">
        <Who />
        <Watching />
        <Away />
      </div>
      <ArmingOfAll />
      <div class="live-columns">
        <Grid />
        <Feed />
      </div>
    </div>
  );
}

const names = (found: readonly Alert[]) => [...new Set(found.map((alert) => alert.camera))].join(", ");

/** Who is without a mask right now, and where? */
function Who() {
  const open = openAlerts.value;
  const bare = open.filter((alert) => alert.kind === "no_mask");
  const wrong = open.filter((alert) => alert.kind === "incorrect");
  const blind = !(cameras.value ?? []).some((camera) => camera.state === "online");
  if (!connected.value) return <Answer tone="unsure" title={t("state.unsure")} />;
  if (bare.length || wrong.length) {
    const title = bare.length ? counted("live.who", bare.length) : counted("live.who.wrong", wrong.length);
    const also = bare.length && wrong.length ? ` · ${counted("live.who.wrong", wrong.length)}` : "";
    const kind = bare.length ? "no_mask" : "incorrect";
    return (
      <Answer
        tone={kind}
        icon={<LabelShape label={kind} size={22} />}
        title={title}
        hint={names([...bare, ...wrong]) + also}
      />
    );
  }
  if (blind)
    return (
      <Answer
        tone="unsure"
        icon={<StateShape state="offline" size={22} />}
        title={t("live.who.blind")}
        hint={t("live.who.blind.hint")}
      />
    );
  // Silence says nothing before it is known who was already there.
  if (!complete.value) return <Answer tone="unsure" title={t("loading")} />;
  const last = Math.max(
    ...(alerts.value ?? [])
      .filter((alert) => isOfPerson(alert.kind))
      .map((alert) => Date.parse(alert.closed_at ?? ""))
      .filter(Number.isFinite),
  );
  const hint = Number.isFinite(last)
    ? t("live.who.none.since", { time: clock(last, now()) })
    : t("live.who.none.never");
  return <Answer tone="mask" icon={<LabelShape label="mask" size={20} />} title={t("live.who.none")} hint={hint} />;
}

/** Is every camera really watching? */
function Watching() {
  const wanted = (cameras.value ?? []).filter((camera) => camera.state !== "disabled");
  const online = wanted.filter((camera) => camera.state === "online");
  const absent = wanted.filter((camera) => camera.state !== "online");
  const first = absent[0];
  if (!connected.value)
    return <Answer tone="unsure" icon={<StateShape state="unsure" size={18} />} title={t("state.unsure")} />;
  if (first) {
    const title = t("live.watching.some", { n: online.length, total: wanted.length });
    return (
      <Answer
        tone="bad"
        icon={<StateShape state={first.state} size={20} />}
        title={title}
        hint={absent.map((camera) => `${camera.name}: ${stateWord(camera, true)}`).join(" · ")}
      />
    );
  }
  // All are paused.
  if (wanted.length === 0)
    return <Answer tone="unsure" icon={<StateShape state="disabled" size={20} />} title={t("live.who.blind")} />;
  const looks = online.reduce((sum, camera) => sum + camera.health.looks_per_s, 0);
  const ages = online.map((camera) => camera.health.frame_age_s).filter((age) => age !== null);
  const figures = ages.length
    ? t("live.watching.figures", { looks: Math.round(looks), age: duration(Math.max(...ages) * 1000) })
    : "";
  const reduced = online.some((camera) => camera.health.reduced) ? t("live.watching.reduced") : "";
  return (
    <Answer
      tone="mask"
      icon={<Glyph name="eye" size={20} />}
      title={counted("live.watching.all", online.length)}
      hint={[figures, reduced].filter(Boolean).join(" · ")}
    />
  );
}

/** What happened while nobody looked? */
function Away() {
  const span = missedSpan.value;
  const found = missed(alerts.value ?? []);
  if (!span || found.length === 0) {
    if (span && !complete.value) return <Answer tone="plain" title={t("loading")} />;
    return (
      <Answer
        tone="plain"
        icon={<Glyph name="clock" size={20} />}
        title={t("live.away.none")}
        hint={t("live.away.none.hint")}
      />
    );
  }
  return (
    <Answer
      tone="away"
      icon={<Glyph name="clock" size={20} />}
      title={counted("live.away", found.length)}
      hint={`${names(found)} · ${t("live.away.since", { time: clock(span.from, now()) })}`}
    >
      <Button kind="quiet" onClick={markSeen}>
        {t("live.away.seen")}
      </Button>
    </Answer>
  );
}

interface AnswerProps {
  tone: "mask" | "no_mask" | "incorrect" | "bad" | "unsure" | "plain" | "away";
  title: string;
  hint?: string;
  icon?: preact.ComponentChild;
  children?: preact.ComponentChildren;
}

function Answer({ tone, title, hint, icon, children }: AnswerProps) {
  return (
    <section class={`answer tone-${tone}`}>
      <span class="answer-icon">{icon}</span>
      <div class="answer-text">
        <p class="answer-title">{title}</p>
        <p class="answer-hint" title={hint ?? ""}>
          {hint}
        </p>
      </div>
      {children}
    </section>
  );
}
