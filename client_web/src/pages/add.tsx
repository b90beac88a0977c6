import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { ApiError } from "../live/http";
import { api } from "../state/api";
import { cameraNamed, cameras, noteCamera } from "../state/house";
import { explain, tell } from "../state/notices";
import { go } from "../state/router";
import { Button, describedBy, Field, Switch } from "../ui/basics";
import { suggestName, VALID_NAME } from "../ui/camera-name";
import { Glyph } from "../ui/icons";
import { PublishLink } from "../ui/publish-link";
import { TestResult } from "../ui/test-result";
import type { CameraTestResult } from "../wire.gen";

type Way = "address" | "phone";

export function AddPage() {
  const [way, setWay] = useState<Way>("address");
  const first = useFirst();
  return (
    <div class="add-page">
      <header class="page-head">
        <div>
          <h1>{first ? t("add.first") : t("add.title")}</h1>
          {first && <p class="lead">{t("add.first.hint")}</p>}
        </div>
      </header>
      <fieldset class="ways">
        <legend class="unseen">{t("add.way")}</legend>
        {(["address", "phone"] as const).map((one) => (
          <label key={one} class={way === one ? "chosen" : ""}>
            <input type="radio" name="way" value={one} checked={way === one} onChange={() => setWay(one)} />
            <Glyph name={one === "address" ? "plug" : "phone"} size={22} />
            <span>
              <strong>{t(`add.way.${one}`)}</strong>
              <span class="hint">{t(`add.way.${one}.hint`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {way === "address" ? <ByAddress /> : <ByPhone />}
    </div>
  );
}

/** Whether there was no camera when the page came to know of them; it stays so while the first one is being added. */
function useFirst(): boolean {
  const first = useRef<boolean | null>(null);
  if (cameras.value !== null) first.current ??= cameras.value.length === 0;
  return first.current ?? false;
}

function nameProblem(name: string): string | undefined {
  if (!name) return t("add.name.missing");
  if (!VALID_NAME.test(name)) return t("add.name.bad");
  return cameraNamed(name) ? t("add.name.taken") : undefined;
}

function NameField({
  name,
  error,
  onName,
}: {
  name: string;
  error: string | undefined;
  onName: (name: string) => void;
}) {
  return (
    <Field id="name" label={t("add.name")} hint={t("add.name.hint")} error={error}>
      <input
        {...describedBy("name", error)}
        value={name}
        maxLength={63}
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        onInput={(event) => onName(event.currentTarget.value)}
      />
    </Field>
  );
}

function ByAddress() {
  const [url, setUrl] = useState("");
  const [name, setName] = useState("");
  const [named, setNamed] = useState(false);
  const [udp, setUdp] = useState(false);
  const [testing, setTesting] = useState(false);
  const [result, setResult] = useState<CameraTestResult | null>(null);
  const [saving, setSaving] = useState(false);
  const [errors, setErrors] = useState<{
    url?: string | undefined;
    name?: string | undefined;
    form?: string | undefined;
  }>({});
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const isRtsp = /^rtsps?:/i.test(url.trim());
  const options = isRtsp && udp ? { transport: "udp" } : {};
  const change = (next: string) => {
    setUrl(next);
    setResult(null);
    setErrors({});
    running.current?.abort();
    if (!named)
      setName(
        suggestName(
          next,
          (cameras.peek() ?? []).map((camera) => camera.name),
        ),
      );
  };

  const test = async (event: Event) => {
    event.preventDefault();
    if (!url.trim()) return setErrors({ url: t("add.url.missing") });
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setErrors({});
    setResult(null);
    setTesting(true);
    try {
      setResult(await api.testCamera({ url: url.trim(), options }, abort.signal));
    } catch (error) {
      if (!abort.signal.aborted) setErrors({ url: explain(error) });
    } finally {
      if (running.current === abort) setTesting(false);
    }
  };

  const save = async () => {
    const problem = nameProblem(name);
    if (problem) return setErrors({ name: problem });
    setSaving(true);
    try {
      noteCamera(await api.addCamera({ name, url: url.trim(), options }));
      tell(t("add.added", { camera: name }));
      go("/");
    } catch (error) {
      setErrors(
        error instanceof ApiError && error.status === 409 ? { name: explain(error) } : { form: explain(error) },
      );
      setSaving(false);
    }
  };

  return (
    <div class="add-columns">
      <form class="form card" onSubmit={test} noValidate>
        <Field id="url" label={t("add.url")} hint={t("add.url.hint")} error={errors.url}>
          <div class="with-button">
            <input
              {...describedBy("url", errors.url)}
              type="text"
              inputMode="url"
              value={url}
              placeholder="rtsp://"
              autoComplete="off"
              autoCapitalize="none"
              spellcheck={false}
              onInput={(event) => change(event.currentTarget.value)}
            />
            <Button type="submit" kind={result ? "plain" : "primary"} busy={testing}>
              {t("action.test")}
            </Button>
          </div>
        </Field>
        {isRtsp && (
          <Switch id="udp" label={t("add.transport")} hint={t("add.transport.hint")} checked={udp} onChange={setUdp} />
        )}
        <NameField
          name={name}
          error={errors.name}
          onName={(next) => {
            setNamed(true);
            setName(next);
            setErrors({});
          }}
        />
        {errors.form && (
          <p class="error" role="alert">
            {errors.form}
          </p>
        )}
        <div class="actions">
          {result && (
            <Button kind={result.ok ? "primary" : "plain"} busy={saving} icon="add" onClick={save}>
              {result.ok ? t("add.save") : t("add.save.anyway")}
            </Button>
          )}
        </div>
      </form>
      <section class="card test-result" aria-live="polite" aria-busy={testing}>
        <TestResult testing={testing} result={result} />
      </section>
    </div>
  );
}

function ByPhone() {
  const [name, setName] = useState(() =>
    suggestName(
      "webrtc:",
      (cameras.peek() ?? []).map((camera) => camera.name),
    ),
  );
  const [error, setError] = useState<string | undefined>();
  const [made, setMade] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const camera = made ? cameraNamed(made) : undefined;

  const create = async (event: Event) => {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem) return setError(problem);
    setBusy(true);
    try {
      noteCamera(await api.addCamera({ name, url: "webrtc:" }));
      setMade(name);
    } catch (failure) {
      setError(explain(failure));
    } finally {
      setBusy(false);
    }
  };

  if (camera) {
    return (
      <section class="card">
        <PublishLink camera={camera} />
        <div class="actions">
          <a class="button primary" href={`/cameras/${camera.name}`}>
            {t("add.phone.show")}
          </a>
        </div>
      </section>
    );
  }
  return (
    <form class="form card narrow" onSubmit={create} noValidate>
      <p>{t("add.phone.intro")}</p>
      <NameField
        name={name}
        error={error}
        onName={(next) => {
          setName(next);
          setError(undefined);
        }}
      />
      <div class="actions">
        <Button type="submit" kind="primary" icon="link" busy={busy}>
          {t("add.phone.create")}
        </Button>
      </div>
    </form>
  );
}
