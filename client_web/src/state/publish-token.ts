/**
 * The token of a publish link. It is taken out of the address at once, so that it stays neither in the history nor in
 * what somebody reads over a shoulder; this tab remembers it, so that loading the page again works.
 */
export function takeToken(camera: string): string | null {
  const key = `maskwatch.publish.${camera}`;
  const query = new URLSearchParams(window.location.search);
  const given = query.get("token");
  if (given === null) return remembered(key);
  query.delete("token");
  const rest = query.toString();
  history.replaceState(null, "", window.location.pathname + (rest ? `?${rest}` : ""));
  try {
    sessionStorage.setItem(key, given);
  } catch {
    // Only loading the page again won't work then.
  }
  return given;
}

/**
 * The server lets nobody but a user in without the token in the address, so loading a publish page again ends at the
 * login page with the way back in `next`. If this tab has the token still, here is where to go instead.
 */
export function wayBack(next: string): string | null {
  const camera = /^\/publish\/([^/?#]+)$/.exec(next)?.[1];
  const token = camera ? remembered(`maskwatch.publish.${camera}`) : null;
  return token ? `${next}?token=${encodeURIComponent(token)}` : null;
}

function remembered(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
