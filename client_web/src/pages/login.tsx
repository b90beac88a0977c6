import { useState } from "preact/hooks";
import { t } from "../i18n";
import { ApiError } from "../live/http";
import { explain } from "../state/notices";
import { nextPage, signIn } from "../state/session";
import { Button, Field } from "../ui/basics";
import { Mark } from "../ui/icons";

export function LoginPage() {
  const [user, setUser] = useState("admin");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signIn(user, password);
      // A fresh page: the connection and everything else begin anew, now with the session.
      window.location.assign(nextPage(window.location.search));
    } catch (failure) {
      const status = failure instanceof ApiError ? failure.status : 0;
      setError(status === 401 ? t("login.wrong") : status === 429 ? t("login.slow") : explain(failure));
      setBusy(false);
    }
  };
  return (
    <main class="alone" id="main" tabIndex={-1}>
      <form class="card form login" onSubmit={submit}>
        <h1>
          <Mark size={28} />
          {t("login.title")}
        </h1>
        <Field id="user" label={t("login.user")}>
          <input
            id="user"
            name="username"
            required
            autoComplete="username"
            autoCapitalize="none"
            value={user}
            onInput={(event) => setUser(event.currentTarget.value)}
          />
        </Field>
        <Field id="password" label={t("login.password")}>
          <input
            id="password"
            name="password"
            type="password"
            required
            autoComplete="current-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </Field>
        {error && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <Button type="submit" kind="primary" busy={busy}>
          {t("action.signIn")}
        </Button>
        <p class="hint">{t("login.hint")}</p>
      </form>
    </main>
  );
}
