import { percent, t } from "../i18n";
import { isOpen } from "../state/alerts";
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
        <KindShape kind={alert.kind} size={20} />
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
