import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { api } from "../state/api";
import { cameraNamed, cameras, noteCamera } from "../state/house";
import { explain } from "../state/notices";
import { Button, Disclosure, describedBy, Field, Switch } from "../ui/basics";
import { takesSubStream } from "../ui/camera-options";
import { Glyph } from "../ui/icons";
import { NameField } from "../ui/name-field";
import { PublishLink } from "../ui/publish-link";
import { SubStreamField } from "../ui/sub-stream";
import { TestResult } from "../ui/test-result";
import { ByDiscovery } from "./add-found";
import { type Address, freeName, nameProblem, useAdding } from "./adding";

const WAYS = { address: "plug", find: "search", phone: "phone" } as const;
type Way = keyof typeof WAYS;

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
        {(Object.keys(WAYS) as Way[]).map((one) => (
          <label key={one} class={way === one ? "chosen" : ""}>
            <input type="radio" name="way" value={one} checked={way === one} onChange={() => setWay(one)} />
            <Glyph name={WAYS[one]} size={22} />
            <span>
              <strong>{t(`add.way.${one}`)}</strong>
              <span class="hint">{t(`add.way.${one}.hint`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {way === "find" ? <ByDiscovery /> : way === "address" ? <ByAddress /> : <ByPhone />}
    </div>
  );
}

/** Whether there was no camera when the page came to know of them; it stays so while the first one is being added. */
function useFirst(): boolean {
  const first = useRef<boolean | null>(null);
  if (cameras.value !== null) first.current ??= cameras.value.length === 0;
  return first.current ?? false;
}

function ByAddress() {
  const [url, setUrl] = useState("");
  const [name, setName] = useState("");
  const [named, setNamed] = useState(false);
  const [udp, setUdp] = useState(false);
  const [sub, setSub] = useState("");
  const { testing, result, saving, errors, setErrors, forget, test, save } = useAdding();

  const takesUdp = /^(rtsps?|onvif):/i.test(url.trim());
  const takesSub = takesSubStream(url);
  const address: Address = {
    url: url.trim(),
    options: {
      ...(takesUdp && udp && { transport: "udp" }),
      ...(takesSub && sub.trim() && { sub_url: sub.trim() }),
    },
  };
  const change = (next: string) => {
    setUrl(next);
    forget();
    if (!named) setName(freeName(next));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!address.url) return setErrors({ url: t("add.url.missing") });
    return test(address);
  };

  return (
    <div class="add-columns">
      <form class="form card" onSubmit={submit} noValidate>
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
        <NameField
          name={name}
          error={errors.name}
          onName={(next) => {
            setNamed(true);
            setName(next);
            setErrors({});
          }}
        />
        {takesUdp && (
          <Disclosure>
            {takesSub && <SubStreamField id="sub-url" value={sub} onValue={setSub} />}
            <Switch
              id="udp"
              label={t("add.transport")}
              hint={t("add.transport.hint")}
              checked={udp}
              onChange={setUdp}
            />
          </Disclosure>
        )}
        {errors.form && (
          <p class="error" role="alert">
            {errors.form}
          </p>
        )}
        <div class="actions">
          {result && (
            <Button kind={result.ok ? "primary" : "plain"} busy={saving} icon="add" onClick={() => save(name, address)}>
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
  const [name, setName] = useState(() => freeName("webrtc:"));
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
