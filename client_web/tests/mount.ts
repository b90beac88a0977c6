import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";

/** `what` drawn on the page; returns its root and what draws it anew, with what has been answered by then. */
export async function mount(what: () => ComponentChild) {
  const root = document.body.appendChild(document.createElement("div"));
  const draw = () =>
    act(async () => {
      render(what(), root);
    });
  await draw();
  mounted.push(root);
  return { root, draw };
}

const mounted: Element[] = [];

export function unmountAll(): void {
  for (const root of mounted.splice(0)) {
    render(null, root);
    root.remove();
  }
}

/** Do something, and wait until the page shows what came of it. */
export async function done(what: () => unknown): Promise<void> {
  await act(async () => void (await what()));
  // What is drawn then may ask the fake server, whose answers are there after a few turns.
  for (let round = 0; round < 3; round++)
    await act(async () => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    });
}

export function find<T extends Element = HTMLElement>(root: Element, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector} in ${root.innerHTML}`);
  return found;
}

export function button(root: Element, words: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find((one) => one.textContent === words);
  if (!found) throw new Error(`no button ${words} in ${root.innerHTML}`);
  return found;
}

/** What a browser does when somebody types into `input`, of which it then says `value`. */
export function type(input: HTMLInputElement, value: string): Promise<void> {
  return done(() => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
