import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { ApiError } from "../live/http";
import { api } from "../state/api";
import { cameraNamed, cameras, noteCamera } from "../state/house";
import { explain, tell } from "../state/notices";
import { go, route } from "../state/router";
import { suggestName, VALID_NAME } from "../ui/camera-name";
import type { CameraTestResult } from "../wire.gen";

export interface Address {
  url: string;
  options: Record<string, string>;
}

interface Errors {
  url?: string | undefined;
  name?: string | undefined;
  form?: string | undefined;
}

export function nameProblem(name: string): string | undefined {
  if (!name) return t("add.name.missing");
  if (!VALID_NAME.test(name)) return t("add.name.bad");
  return cameraNamed(name) ? t("add.name.taken") : undefined;
}

export function freeName(url: string): string {
  return suggestName(
    url,
    (cameras.peek() ?? []).map((camera) => camera.name),
  );
}

/** Trying an address and adding it: what is shared by those that are typed and those that are found. */
export function useAdding() {
  const [testing, setTesting] = useState(false);
  const [result, setResult] = useState<CameraTestResult | null>(null);
  const [saving, setSaving] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const forget = () => {
    running.current?.abort();
    running.current = null;
    setTesting(false);
    setResult(null);
    setErrors({});
  };

  const test = async ({ url, options }: Address) => {
    forget();
    const abort = new AbortController();
    running.current = abort;
    setTesting(true);
    try {
      setResult(await api.testCamera({ url, options }, abort.signal));
    } catch (error) {
      if (!abort.signal.aborted) setErrors({ url: explain(error) });
    } finally {
      if (running.current === abort) setTesting(false);
    }
  };

  const save = async (name: string, { url, options }: Address) => {
    const problem = nameProblem(name);
    if (problem) return setErrors({ name: problem });
    setSaving(true);
    try {
      noteCamera(await api.addCamera({ name, url, options }));
      tell(t("add.added", { camera: name }));
      // Whoever has gone on to something else meanwhile stays there.
      if (route.peek().page === "add") go("/");
    } catch (error) {
      setErrors(
        error instanceof ApiError && error.status === 409 ? { name: explain(error) } : { form: explain(error) },
      );
      setSaving(false);
    }
  };

  return { testing, result, saving, errors, setErrors, forget, test, save };
}
