import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { counted, t } from "../i18n";
import { api } from "../state/api";
import { explain } from "../state/notices";
import { Button, describedBy, Field } from "../ui/basics";
import { codecName, fpsInWords, sizeInWords } from "../ui/camera-words";
import { NameField } from "../ui/name-field";
import { TestResult } from "../ui/test-result";
import type { CameraStreams, DiscoveredCamera } from "../wire.gen";
import { type Address, freeName, useAdding } from "./adding";

const key = (camera: DiscoveredCamera) => `${camera.host}:${camera.port}`;

/** Cameras that answer on the local network: pick one, give its password, choose a stream, test and add it. */
export function ByDiscovery() {
  const [searching, setSearching] = useState(false);
  const [found, setFound] = useState<DiscoveredCamera[] | null>(null);
  const [error, setError] = useState<string | undefined>();
  const [picked, setPicked] = useState<DiscoveredCamera | null>(null);

  const search = useCallback(async () => {
    setSearching(true);
    setError(undefined);
    try {
      const { cameras } = await api.discover();
      setFound(cameras);
      setPicked((now) => cameras.find((camera) => now && key(camera) === key(now)) ?? cameras[0] ?? null);
    } catch (failure) {
      setError(explain(failure));
    } finally {
      setSearching(false);
    }
  }, []);
  useEffect(() => void search(), [search]);

  return (
    <>
      <section class="card found" aria-busy={searching}>
        <div class="found-head">
          <h2 aria-live="polite">
            {searching || (!found && !error)
              ? t("find.searching")
              : found?.length
                ? counted("find.found", found.length)
                : t("find.none")}
          </h2>
          <Button busy={searching} onClick={search}>
            {t("find.again")}
          </Button>
        </div>
        {error && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        {found?.length === 0 && !searching && <p class="hint">{t("find.none.hint")}</p>}
        {found && found.length > 0 && (
          <fieldset class="choices">
            <legend class="unseen">{t("find.pick")}</legend>
            {found.map((camera) => (
              <label key={key(camera)}>
                <input
                  type="radio"
                  name="found"
                  checked={picked !== null && key(picked) === key(camera)}
                  onChange={() => setPicked(camera)}
                />
                <span>
                  <strong>{camera.name || camera.model || camera.host}</strong>
                  <span class="hint num">{[camera.name && camera.model, key(camera)].filter(Boolean).join(" · ")}</span>
                </span>
              </label>
            ))}
          </fieldset>
        )}
      </section>
      {picked && <Picked key={key(picked)} camera={picked} />}
    </>
  );
}

/** The largest stream needs no name: then the camera's small one is found as well, to look for faces in. */
function addressOf(camera: DiscoveredCamera, user: string, password: string, profile: string | null): Address {
  const host = camera.host.includes(":") ? `[${camera.host}]` : camera.host;
  const login = user ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : "";
  return { url: `onvif://${login}${host}:${camera.port}`, options: profile ? { profile } : {} };
}

function Picked({ camera }: { camera: DiscoveredCamera }) {
  const [user, setUser] = useState("admin");
  const [password, setPassword] = useState("");
  const [asking, setAsking] = useState(false);
  const [about, setAbout] = useState<CameraStreams | null>(null);
  const [profile, setProfile] = useState<string | null>(null);
  const [name, setName] = useState(() => freeName(`onvif://${camera.name || camera.model || "camera"}`));
  const [refused, setRefused] = useState<string | undefined>();
  const adding = useAdding();
  // An answer about a login that was changed meanwhile says nothing any more.
  const turn = useRef(0);

  const ask = async (event: Event) => {
    event.preventDefault();
    adding.forget();
    turn.current += 1;
    const mine = turn.current;
    setAsking(true);
    setRefused(undefined);
    try {
      const answer = await api.streams({ host: camera.host, port: camera.port, user, password });
      if (mine !== turn.current) return;
      setAbout(answer);
      setProfile(null);
      void adding.test(addressOf(camera, user, password, null));
    } catch (failure) {
      if (mine !== turn.current) return;
      setAbout(null);
      setRefused(explain(failure));
    } finally {
      if (mine === turn.current) setAsking(false);
    }
  };

  const change = (set: () => void) => {
    set();
    turn.current += 1;
    setAsking(false);
    setAbout(null);
    setRefused(undefined);
    adding.forget();
  };

  const choose = (name: string | null) => {
    setProfile(name);
    void adding.test(addressOf(camera, user, password, name));
  };

  const address = addressOf(camera, user, password, profile);
  return (
    <div class="add-columns">
      <div class="form card">
        <form class="form" onSubmit={ask} noValidate>
          <Field id="user" label={t("find.user")}>
            <input
              {...describedBy("user", undefined, false)}
              value={user}
              autoComplete="off"
              autoCapitalize="none"
              spellcheck={false}
              onInput={(event) => change(() => setUser(event.currentTarget.value))}
            />
          </Field>
          <Field id="password" label={t("find.password")} hint={t("find.password.hint")} error={refused}>
            <div class="with-button">
              <input
                {...describedBy("password", refused)}
                type="password"
                value={password}
                autoComplete="off"
                onInput={(event) => change(() => setPassword(event.currentTarget.value))}
              />
              <Button type="submit" kind={about ? "plain" : "primary"} busy={asking}>
                {t("find.ask")}
              </Button>
            </div>
          </Field>
        </form>
        {about && (
          <>
            <fieldset class="choices">
              <legend>{t("find.stream")}</legend>
              {about.streams.map((stream) => (
                <label key={stream.name}>
                  <input
                    type="radio"
                    name="stream"
                    checked={profile === (stream.main ? null : stream.name)}
                    onChange={() => choose(stream.main ? null : stream.name)}
                  />
                  <span>
                    <strong>
                      {stream.name}
                      {stream.main && <span class="tag">{t("find.main")}</span>}
                      {stream.sub && <span class="tag">{t("find.sub")}</span>}
                    </strong>
                    <span class="hint num">
                      {[sizeInWords(stream), codecName(stream.codec), fpsInWords(stream.fps)]
                        .filter(Boolean)
                        .join(", ")}
                    </span>
                  </span>
                </label>
              ))}
            </fieldset>
            <NameField
              name={name}
              error={adding.errors.name}
              onName={(next) => {
                setName(next);
                adding.setErrors({});
              }}
            />
            {(adding.errors.url || adding.errors.form) && (
              <p class="error" role="alert">
                {adding.errors.url ?? adding.errors.form}
              </p>
            )}
            <div class="actions">
              <Button
                kind={adding.result?.ok ? "primary" : "plain"}
                busy={adding.saving || adding.testing}
                icon="add"
                onClick={() => adding.save(name, address)}
              >
                {adding.result && !adding.result.ok ? t("add.save.anyway") : t("add.save")}
              </Button>
            </div>
          </>
        )}
      </div>
      <section class="card test-result" aria-live="polite" aria-busy={adding.testing}>
        <TestResult testing={adding.testing} result={adding.result} />
      </section>
    </div>
  );
}
