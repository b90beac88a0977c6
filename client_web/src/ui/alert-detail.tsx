import { useState } from "preact/hooks";
import { number, percent, t } from "../i18n";
import { duration } from "../i18n/time";
import { ApiError } from "../live/http";
import { isOpen, merge } from "../state/alerts";
import { api } from "../state/api";
import { acknowledge, alerts, eraseAlert, erased } from "../state/house";
import { tell } from "../state/notices";
import { go, route, search } from "../state/router";
import type { Alert } from "../wire.gen";
import { SnoozeMenu } from "./alert-actions";
import { History } from "./alert-history";
import { Judge } from "./alert-judge";
import { AlertMedia } from "./alert-media";
import { keepFocus, Marks } from "./alert-row";
import { Button, Confirm, Empty } from "./basics";
import { BeliefPlot } from "./belief-plot";
import { evidenceOf, likeliest } from "./evidence";
import { Glyph } from "./icons";
import { isOfPerson, KindShape, outcome, reasonsOf, SeverityMark } from "./kinds";
import { useLoad } from "./load";

/** One alert: its pictures, why it was raised in words, and what happened since. */
export function AlertDetail({ id }: { id: string }) {
  const [fetched, setFetched] = useState<Alert | null>(null);
  const [gone, setGone] = useState(false);
  useLoad(async () => {
    try {
      setFetched(await api.alert(id));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      setGone(true);
    }
  }, [id]);
  const told = alerts.value?.find((alert) => alert.id === id);
  const alert = fetched && told ? merge(fetched, told) : (fetched ?? told);
  if (gone || erased.value.has(id)) return <Empty icon="alerts" title={t("alert.gone")} />;
  if (!alert) return <p class="loading">{t("loading")}</p>;
  return (
    <article class={`alert-detail kind-${alert.kind}`} data-alert={alert.id}>
      <a class="button quiet back" href={`/alerts${search.value}`}>
        <Glyph name="back" />
        {t("nav.alerts")}
      </a>
      <Head alert={alert} />
      <AlertMedia alert={alert} />
      <div class="detail-columns">
        <Why alert={alert} />
        <div class="detail-side">
          {isOfPerson(alert.kind) && <Judge alert={alert} />}
          <History alert={alert} />
        </div>
      </div>
    </article>
  );
}

function Head({ alert }: { alert: Alert }) {
  const [erasing, setErasing] = useState(false);
  const erase = async () => {
    setErasing(false);
    if (!(await eraseAlert(alert.id))) return;
    // Whoever has gone on to something else meanwhile stays there.
    const at = route.peek();
    if (at.page === "alerts" && at.id === alert.id) go(`/alerts${search.peek()}`);
    tell(t("alert.erased"));
  };
  return (
    <header class="page-head">
      <div>
        <h2 class="alert-detail-title">
          <KindShape kind={alert.kind} size={18} />
          {t(`kind.${alert.kind}`)}
          <a href={`/cameras/${alert.camera}`}>{alert.camera}</a>
          <SeverityMark severity={alert.severity} />
        </h2>
        <p class={isOpen(alert) ? "still-open" : "quiet"}>{outcome(alert)}</p>
        <Marks alert={alert} />
      </div>
      <div class="actions">
        {alert.acknowledged_at === null && (
          <Button
            kind="primary"
            icon="check"
            onClick={(event) => {
              keepFocus(event, ".back");
              void acknowledge(alert.id);
            }}
          >
            {t("action.acknowledge")}
          </Button>
        )}
        {isOpen(alert) && <SnoozeMenu id={alert.id} />}
        <Button icon="trash" title={t("action.erase.hint")} onClick={() => setErasing(true)}>
          {t("action.erase")}
        </Button>
      </div>
      {erasing && (
        <Confirm
          title={t("alert.erase.title")}
          text={t("alert.erase.text")}
          action={t("action.erase")}
          onYes={erase}
          onClose={() => setErasing(false)}
        />
      )}
    </header>
  );
}

/** The evidence as sentences, not as a table of numbers. */
function Why({ alert }: { alert: Alert }) {
  const evidence = evidenceOf(alert);
  const { looks, seenS, violationS, dwellS, probabilities, belief, quality, models } = evidence;
  const sentences = reasonsOf(alert);
  if (looks !== null && seenS !== null) {
    sentences.push(t("alert.why.looks", { camera: alert.camera, looks, seen: duration(seenS * 1000) }));
  } else if (!sentences.length) sentences.push(t("alert.why.looks.short", { camera: alert.camera }));
  if (violationS !== null && dwellS !== null) {
    const key = alert.kind === "incorrect" ? "alert.why.dwell.incorrect" : "alert.why.dwell";
    sentences.push(t(key, { time: duration(violationS * 1000), dwell: duration(dwellS * 1000) }));
  }
  if (probabilities) sentences.push(t("alert.why.verdict", { probabilities: likelihoods(probabilities) }));
  if (belief) sentences.push(t("alert.why.belief", { probabilities: likelihoods(belief) }));
  if (quality) {
    const sharpness = t(quality.weight < 0.4 && quality.frontality > 0.5 ? "alert.why.blurred" : "alert.why.sharp");
    const frontality = t(quality.frontality < 0.5 ? "alert.why.side" : "alert.why.front");
    sentences.push(t("alert.why.face", { size: number(quality.size_px), sharpness, frontality }));
  }
  if (models) sentences.push(t("alert.why.models", { models }));
  return (
    <section class="why">
      <h3>{t("alert.why")}</h3>
      <BeliefPlot alert={alert} evidence={evidence} />
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function likelihoods(shares: Record<string, number>): string {
  return likeliest(shares)
    .map(([label, share]) => `${t(`label.${label}`)} ${percent(share)}`)
    .join(", ");
}
