import { percent, t } from "../i18n";
import { clock } from "../i18n/time";
import { isOpen, waits } from "../state/alerts";
import { now } from "../state/clock";
import { acknowledge } from "../state/house";
import { route, search } from "../state/router";
import type { Alert } from "../wire.gen";
import { Button } from "./basics";
import { Glyph } from "./icons";
import { factOf, isOfPerson, KindShape, outcome, SeverityMark } from "./kinds";
import { Ago } from "./time";

/** On the alerts page the filter stays while one alert after the other is opened. */
function keptFilter(): string {
  return route.value.page === "alerts" ? search.value : "";
}

/** One line of the feed: face, kind, camera, when, how sure, how it stands, and a button to acknowledge. */
export function AlertRow({
  alert,
  fresh = false,
  current = false,
}: {
  alert: Alert;
  fresh?: boolean;
  current?: boolean;
}) {
  const open = isOpen(alert);
  return (
    <li
      class={`alert-row kind-${alert.kind} ${open ? "open" : ""} ${fresh ? "fresh" : ""}`}
      data-alert={alert.id}
      data-state={alert.state}
    >
      <div class="alert-row-inner">
        <FacePicture alert={alert} />
        <div class="alert-text">
          <p class="alert-title">
            <KindShape kind={alert.kind} size={12} />
            <a class="row-link" href={`/alerts/${alert.id}${keptFilter()}`} aria-current={current ? "true" : "false"}>
              {t(`kind.short.${alert.kind}`)}
            </a>
            <span class="alert-when">
              <Ago at={alert.raised_at} />
            </span>
          </p>
          <p class="alert-where">
            <span class="alert-camera">{alert.camera}</span>
            <span class="num">
              {isOfPerson(alert.kind) ? t("alert.confidence", { percent: percent(alert.confidence) }) : factOf(alert)}
            </span>
          </p>
          <p class="alert-outcome">
            {outcome(alert)} <SeverityMark severity={alert.severity} />
          </p>
          <Marks alert={alert} />
        </div>
        <AcknowledgeButton alert={alert} />
      </div>
    </li>
  );
}

/** What the clock or somebody made of it, beside whether it is open: a word each, none for most alerts. */
export function Marks({ alert }: { alert: Alert }) {
  const snoozed = alert.state === "snoozed" && alert.snoozed_until;
  if (!snoozed && !alert.escalated_at && !alert.feedback) return null;
  return (
    <p class="alert-marks">
      {snoozed && (
        <span class="mark-word">
          <Glyph name="clock" />
          {t("alert.snoozed", { time: clock(Date.parse(snoozed), now()) })}
        </span>
      )}
      {alert.escalated_at && (
        <span class={`mark-word ${waits(alert) ? "urgent" : ""}`} title={t("alert.history.escalated")}>
          <Glyph name="up" />
          {t("alert.escalated")}
        </span>
      )}
      {alert.feedback && (
        <span class="mark-word">
          <Glyph name={alert.feedback.wrong ? "close" : "check"} />
          {t(alert.feedback.wrong ? "alert.marked.wrong" : "alert.marked.right")}
        </span>
      )}
    </p>
  );
}

export function FacePicture({ alert, size = 56 }: { alert: Alert; size?: number }) {
  if (!alert.face_url) {
    return (
      <span class="face none" title={t("alert.noPicture")}>
        <KindShape kind={alert.kind} size={20} />
      </span>
    );
  }
  return <img class="face" src={alert.face_url} alt="" width={size} height={size} loading="lazy" decoding="async" />;
}

/** A button that goes when it is pressed would take the keyboard's focus along, back to the page's beginning. */
export function keepFocus(event: MouseEvent, at: string): void {
  const byKeyboard = event.detail === 0;
  const button = event.currentTarget as Element;
  if (byKeyboard) button.closest("[data-alert]")?.querySelector<HTMLElement>(at)?.focus();
}

function AcknowledgeButton({ alert }: { alert: Alert }) {
  if (alert.acknowledged_at) {
    const by = alert.acknowledged_by;
    const words = by ? t("alert.acknowledged.by", { name: by }) : t("alert.acknowledged");
    return (
      <span class="acknowledged" title={words}>
        <Glyph name="check" />
        <span class="unseen">{words}</span>
      </span>
    );
  }
  return (
    <Button
      kind="quiet"
      icon="check"
      title={t("action.acknowledge")}
      onClick={(event) => {
        keepFocus(event, ".row-link");
        void acknowledge(alert.id);
      }}
    >
      <span class="unseen">{t("action.acknowledge")}</span>
    </Button>
  );
}
