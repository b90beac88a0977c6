import { useState } from "preact/hooks";
import { counted, number, t } from "../i18n";
import { api } from "../state/api";
import { cameras } from "../state/house";
import { tell, tellError } from "../state/notices";
import { loadInfo, service } from "../state/session";
import { Button, Confirm } from "./basics";

function megabytes(n: number): string {
  return n >= 1000 ? `${number(n / 1000, 1)} GB` : `${number(n, n < 10 ? 1 : 0)} MB`;
}

/** What is stored and for how long, by kind of alert, and a way to erase what lies in a range of days. */
export function Stored() {
  const storage = service.value?.storage;
  if (!storage) return null;
  const kept = storage.retention;
  return (
    <section class="card">
      <h2>{t("settings.stored")}</h2>
      <p>{kept.snapshots ? t("settings.stored.faces") : t("settings.stored.none")}</p>
      <p>{storage.clips ? t("settings.stored.clips") : t("settings.stored.clips.none")}</p>
      <p>{t("settings.stored.keep", { days: number(kept.max_age_days, 1), size: megabytes(kept.max_megabytes) })}</p>
      {storage.kinds.length > 0 && (
        <table class="stored-kinds">
          <caption class="unseen">{t("settings.stored.now")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("alerts.filter.kind")}</th>
              <th scope="col">{t("alerts.title")}</th>
              <th scope="col">{t("settings.stored.pictures")}</th>
              <th scope="col">{t("settings.stored.videos")}</th>
            </tr>
          </thead>
          <tbody>
            {storage.kinds.map((used) => (
              <tr key={used.kind}>
                <td>{t(`kind.${used.kind}`)}</td>
                <td>{number(used.alerts)}</td>
                <td>{megabytes(used.picture_bytes / 1e6)}</td>
                <td>{megabytes(used.clip_bytes / 1e6)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="hint">{t("settings.stored.file")}</p>
      <EraseRange />
    </section>
  );
}

function EraseRange() {
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [camera, setCamera] = useState("");
  const [asking, setAsking] = useState(false);
  const erase = async () => {
    setAsking(false);
    try {
      const { count } = await api.eraseRange({
        since: since && midnight(since, 0),
        until: until && midnight(until, 1),
        camera,
      });
      tell(counted("settings.erase.done", count));
      await loadInfo();
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <>
      <h3>{t("settings.erase")}</h3>
      <div class="erase-range">
        <label>
          {t("alerts.filter.since")}
          <input type="date" value={since} onChange={(event) => setSince(event.currentTarget.value)} />
        </label>
        <label>
          {t("alerts.filter.until")}
          <input type="date" value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
        </label>
        <label>
          {t("alerts.filter.camera")}
          <select value={camera} onChange={(event) => setCamera(event.currentTarget.value)}>
            <option value="">{t("alerts.filter.camera.any")}</option>
            {(cameras.value ?? []).map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Button kind="danger" icon="trash" disabled={!since && !until} onClick={() => setAsking(true)}>
          {t("action.erase")}
        </Button>
      </div>
      {asking && (
        <Confirm
          title={t("settings.erase.title")}
          text={t("settings.erase.text")}
          action={t("action.erase")}
          onYes={erase}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

/** The beginning of a day in the reader's own zone, or of one some days later. */
function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
