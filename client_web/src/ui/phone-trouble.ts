import { language, t } from "../i18n";
import { service } from "../state/session";

const LOCAL = /^(localhost$|127\.|\[::1\])/;

/** Why a phone can't use the link, with what to do; null when it can. The server knows it best, in English. */
export function phoneTrouble(): string | null {
  const known = service.value;
  if (!known || known.phones_can_connect) return null;
  if (language.value === "en" && known.phone_hint) return known.phone_hint;
  return t(LOCAL.test(window.location.hostname) ? "add.phone.local" : "add.phone.insecure");
}
