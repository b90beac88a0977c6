import { render } from "preact";
import { App } from "./app";
import { pickLanguage, switchLanguage } from "./i18n";
import { unlockSound } from "./state/alarm";
import { watchAttention } from "./state/away";
import { moment, startClock } from "./state/clock";
import { startHouse } from "./state/house";
import { tellError } from "./state/notices";
import { applyTheme, chosenLanguage } from "./state/preferences";
import { wayBack } from "./state/publish-token";
import { route, startRouter } from "./state/router";
import { loadInfo, nextPage, toLogin } from "./state/session";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/rules.css";
import "./styles/alert-life.css";

applyTheme();
startRouter();
startClock();
document.addEventListener("pointerdown", unlockSound);
document.addEventListener("keydown", unlockSound);

async function start(): Promise<void> {
  await switchLanguage(pickLanguage(chosenLanguage.peek(), navigator.languages));
  const back = route.peek().page === "login" ? wayBack(nextPage(window.location.search)) : null;
  if (back) return window.location.replace(back);
  const root = document.getElementById("app");
  if (!root) return;
  // Whoever opens a publish link has no account here: that page needs nothing of the house but how to connect.
  const alone = route.peek().page === "publish" || route.peek().page === "login";
  let welcome = true;
  try {
    welcome = !(await loadInfo()).login_needed;
  } catch (error) {
    if (!alone) tellError(error);
  }
  if (!welcome && !alone) toLogin();
  render(<App />, root);
  if (alone || !welcome) return;
  watchAttention(moment);
  startHouse();
}

void start();
