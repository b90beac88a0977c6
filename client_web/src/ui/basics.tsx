import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { dismiss, notices, spoken } from "../state/notices";
import { Glyph, type IconName } from "./icons";

interface ButtonProps {
  children: ComponentChildren;
  icon?: IconName;
  kind?: "plain" | "primary" | "danger" | "quiet";
  disabled?: boolean;
  busy?: boolean;
  type?: "button" | "submit";
  title?: string;
  label?: string;
  pressed?: boolean;
  onClick?: (event: MouseEvent) => void;
}

export function Button({
  children,
  icon,
  kind = "plain",
  type = "button",
  disabled,
  busy,
  title,
  label,
  pressed,
  onClick,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${kind}`}
      disabled={disabled || busy || false}
      aria-busy={busy || false}
      {...(title ? { title } : {})}
      {...(label ? { "aria-label": label } : {})}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...(onClick ? { onClick } : {})}
    >
      {icon && <Glyph name={icon} />}
      {children}
    </button>
  );
}

/** A labelled input with its hint and error, tied together for screen readers. */
export function Field({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div class={`field ${error ? "wrong" : ""}`}>
      <label for={id}>{label}</label>
      {children}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What ties an input to the hint and error of its `Field`. */
export function describedBy(id: string, error: string | undefined, hint = true) {
  const ids = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return { id, "aria-invalid": Boolean(error), ...(ids ? { "aria-describedby": ids } : {}) };
}

export function Switch({
  id,
  label,
  hint,
  checked,
  onChange,
}: {
  id: string;
  label: string;
  hint?: string | undefined;
  checked: boolean;
  onChange: (next: boolean) => void;
}) {
  return (
    <div class="switch">
      <label for={id}>
        <span class="switch-text">
          {label}
          {hint && <span class="hint">{hint}</span>}
        </span>
        <input id={id} type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      </label>
    </div>
  );
}

/** What something is called, and what it is. */
export type Fact = readonly [label: string, value: ComponentChildren];

/** A list of facts, to be read only. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What nearly everybody leaves as it is, folded away; it opens by itself when something in it is filled in wrong. */
export function Disclosure({ children }: { children: ComponentChildren }) {
  return (
    <details
      class="disclosure"
      onInvalidCapture={(event) => {
        event.currentTarget.open = true;
      }}
    >
      <summary>{t("form.rarely")}</summary>
      <div>{children}</div>
    </details>
  );
}

interface DialogProps {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
  onClose: () => void;
}

/** The browser's own dialog: it keeps the focus in and gives it back, and Escape closes it. */
export function Dialog({ title, children, actions, onClose }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it; from the keyboard Escape does
    <dialog
      ref={ref}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div class="dialog">
        <h2 id="dialog-title">{title}</h2>
        {children}
        {actions && <div class="actions">{actions}</div>}
      </div>
    </dialog>
  );
}

/** Asks once more before something that can't be undone. */
export function Confirm({
  title,
  text,
  action,
  onYes,
  onClose,
}: {
  title: string;
  text: string;
  action: string;
  onYes: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="danger" onClick={onYes}>
            {action}
          </Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}

export function Notices() {
  return (
    <>
      <div class="notices">
        {notices.value.map((notice) => (
          <div key={notice.id} class={`notice ${notice.bad ? "bad" : ""}`} role={notice.bad ? "alert" : "status"}>
            <span>{notice.text}</span>
            <button
              type="button"
              class="button quiet square"
              aria-label={t("action.close")}
              onClick={() => dismiss(notice.id)}
            >
              <Glyph name="close" />
            </button>
          </div>
        ))}
      </div>
      <div class="unseen" role="status" aria-live="assertive">
        <span key={spoken.value.id}>{spoken.value.text}</span>
      </div>
    </>
  );
}

/** An empty place that leads on; `page` when it is all there is on its page. */
export function Empty({
  icon,
  title,
  page = false,
  children,
}: {
  icon: IconName;
  title: string;
  page?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Glyph name={icon} size={28} />
      {page ? <h1 class="empty-title">{title}</h1> : <p class="empty-title">{title}</p>}
      {children}
    </div>
  );
}
