import { useState } from "preact/hooks";
import { t } from "../i18n";
import { ApiError } from "../live/http";
import { api } from "../state/api";
import { explain, tell, tellError } from "../state/notices";
import { info, loadInfo, toLogin } from "../state/session";
import type { User } from "../wire.gen";
import { Button, Confirm, describedBy, Field } from "./basics";
import { useLoad } from "./load";

const SHORTEST = 8;

/** Who may log in: the first password, further people, new passwords, and who may no longer. */
export function Users() {
  const [list, setList] = useState<User[] | null>(null);
  const [form, setForm] = useState<User | "new" | null>(null);
  const load = () => api.users().then(setList, tellError);
  useLoad(() => api.users().then(setList), []);
  const done = (name: string | null) => {
    setForm(null);
    if (name === null) return;
    tell(t("users.saved", { name }));
    void load();
    void loadInfo().catch(() => null);
  };
  if (list === null) return null;
  return (
    <section class="card users" aria-labelledby="users-title">
      <h2 id="users-title">{t("users.title")}</h2>
      <p class="hint">{t(list.length ? "users.intro" : "users.none")}</p>
      <ul class="user-list">
        {list.map((user) => (
          <li key={user.name}>
            {form !== null && form !== "new" && form.name === user.name ? (
              <PasswordForm user={user} onDone={done} />
            ) : (
              <Row user={user} last={list.length === 1} onPassword={() => setForm(user)} onRemoved={load} />
            )}
          </li>
        ))}
      </ul>
      {form === "new" ? (
        <PasswordForm onDone={done} />
      ) : (
        <Button icon="add" onClick={() => setForm("new")}>
          {t(list.length ? "users.add" : "users.first")}
        </Button>
      )}
    </section>
  );
}

interface RowProps {
  user: User;
  /** The last one stays: without any, everybody would be let in. */
  last: boolean;
  onPassword: () => void;
  onRemoved: () => void;
}

function Row({ user, last, onPassword, onRemoved }: RowProps) {
  const [removing, setRemoving] = useState(false);
  const remove = async () => {
    setRemoving(false);
    try {
      await api.removeUser(user.name);
      if (user.you) return toLogin();
      tell(t("users.removed", { name: user.name }));
    } catch (error) {
      tellError(error);
    }
    onRemoved();
  };
  return (
    <div class="user">
      <strong>{user.name}</strong>
      {user.you && <span class="hint">{t("users.you")}</span>}
      <div class="actions">
        <Button label={t("users.password.of", { name: user.name })} onClick={onPassword}>
          {t("users.password")}
        </Button>
        {!last && (
          <Button kind="quiet" label={t("users.remove.of", { name: user.name })} onClick={() => setRemoving(true)}>
            {t("users.remove")}
          </Button>
        )}
      </div>
      {removing && (
        <Confirm
          title={t("users.remove.title", { name: user.name })}
          text={t(user.you ? "users.remove.you" : "users.remove.text")}
          action={t("users.remove")}
          onYes={remove}
          onClose={() => setRemoving(false)}
        />
      )}
    </div>
  );
}

/** A new password, for `user` or for somebody new. */
function PasswordForm({ user, onDone }: { user?: User; onDone: (name: string | null) => void }) {
  const [name, setName] = useState(user?.name ?? (info.value?.user ? "" : "admin"));
  const [password, setPassword] = useState("");
  const [own, setOwn] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const [ownError, setOwnError] = useState<string | undefined>();
  // Who has shown no password has none to show again.
  const asksOwn = Boolean(info.value?.user);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setOwnError(undefined);
    try {
      await api.setPassword(name, { password, ...(asksOwn && { own_password: own }) });
      onDone(name);
    } catch (problem) {
      const wrong = problem instanceof ApiError && problem.code === "wrong_password";
      if (wrong) setOwnError(t("users.own.wrong"));
      else setError(explain(problem));
      setBusy(false);
    }
  };
  return (
    <form class="form" onSubmit={save}>
      {user ? (
        <h3>{user.name}</h3>
      ) : (
        <Field id="user-name" label={t("login.user")} hint={t("users.name.hint")}>
          <input
            {...describedBy("user-name", undefined)}
            name="username"
            required
            maxLength={100}
            autoComplete="off"
            autoCapitalize="none"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
      )}
      <Field id="user-password" label={t("users.password")} hint={t("users.password.hint")} error={error}>
        <input
          {...describedBy("user-password", error)}
          type="password"
          required
          minLength={SHORTEST}
          autoComplete="new-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      {asksOwn && (
        <Field id="user-own" label={t("users.own")} hint={t("users.own.hint")} error={ownError}>
          <input
            {...describedBy("user-own", ownError)}
            type="password"
            required
            autoComplete="current-password"
            value={own}
            onInput={(event) => setOwn(event.currentTarget.value)}
          />
        </Field>
      )}
      <div class="actions">
        <Button type="submit" kind="primary" busy={busy}>
          {t("action.save")}
        </Button>
        <Button onClick={() => onDone(null)}>{t("action.cancel")}</Button>
      </div>
    </form>
  );
}
