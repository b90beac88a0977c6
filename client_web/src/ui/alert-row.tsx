import { percent, t } from "../i18n";
import { isOpen } from "../state/alerts";
import { acknowledge } from "../state/house";
import { route, search } from "../state/router";
import type { Alert } from "../wire.gen";
import { Button } from "./basics";
import { Glyph, LabelShape } from "./icons";
import { Ago, lasting } from "./time";

/** On the alerts page the filter stays while one alert after the other is opened. */
function keptFilter(): string {
  return route.value.page === "alerts" ? search.value : "";
}

/** How it stands with the person: still in view, or what ended it. */
export function outcome(alert: Alert): string {
  const time = lasting(alert.raised_at, alert.closed_at);
  if (isOpen(alert)) return t("alert.open", { time });
  return t(`alert.closed.${alert.close_reason ?? "left"}`, { time });
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
            <LabelShape label={alert.kind} size={12} />
            <a class="row-link" href={`/alerts/${alert.id}${keptFilter()}`} aria-current={current ? "true" : "false"}>
              {t(`label.${alert.kind}`)}
            </a>
            <span class="alert-when">
              <Ago at={alert.raised_at} />
            </span>
          </p>
          <p class="alert-where">
            <span class="alert-camera">{alert.camera}</span>
            <span class="num">{t("alert.confidence", { percent: percent(alert.confidence) })}</span>
          </p>
          <p class="alert-outcome">{outcome(alert)}</p>
        </div>
        <AcknowledgeButton alert={alert} />
      </div>
    </li>
  );
}

export function FacePicture({ alert, size = 56 }: { alert: Alert; size?: number }) {
  if (!alert.face_url) {
    return (
      <span class="face none" title={t("alert.noPicture")}>
        <LabelShape label={alert.kind} size={20} />
      </span>
    );
  }
  return <img class="face" src={alert.face_url} alt="" width={size} height={size} loading="lazy" decoding="async" />;
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
    <Button kind="quiet" icon="check" title={t("action.acknowledge")} onClick={() => acknowledge(alert.id)}>
      <span class="unseen">{t("action.acknowledge")}</span>
    </Button>
  );
}
