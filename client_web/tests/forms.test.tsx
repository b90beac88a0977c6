import { useState } from "preact/hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { switchLanguage } from "../src/i18n";
import { cameras } from "../src/state/house";
import { CameraForm } from "../src/ui/camera-form";
import { NumberField } from "../src/ui/number-field";
import { RuleFields } from "../src/ui/rule-fields";
import { ScheduleEditor } from "../src/ui/schedule-editor";
import type { Camera, CameraChange, RuleSettings } from "../src/wire.gen";
import { FakeServer } from "./far-end";
import { camera } from "./make";
import { done, find, mount, type, unmountAll } from "./mount";

beforeEach(async () => {
  await switchLanguage("en");
  cameras.value = [];
});
afterEach(() => {
  unmountAll();
  vi.unstubAllGlobals();
});

/** Counts how often a field is written to, which would put away what is half typed in it. */
function writesTo(input: HTMLInputElement): () => number {
  const field = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value");
  let writes = 0;
  Object.defineProperty(input, "value", {
    configurable: true,
    get: () => field?.get?.call(input),
    set: (next) => {
      writes += 1;
      field?.set?.call(input, next);
    },
  });
  return () => writes;
}

describe("a field for a number", () => {
  it("is not written over while a number is half typed", async () => {
    let told: number | null = null;
    function Form() {
      const [value, setValue] = useState<number | null>(2);
      told = value;
      return <NumberField id="n" label="" min={0} step={0.5} value={value} onValue={setValue} />;
    }
    const { root, draw } = await mount(() => <Form />);
    const input = find<HTMLInputElement>(root, "input");
    const writes = writesTo(input);
    // Of "1." a browser says "1", or nothing; the point would be lost, and 1.5 become 51.
    const said = ["1", "", "1.5"];
    for (const words of said) {
      await type(input, words);
      await draw();
    }
    // Those of the typing itself.
    expect(writes()).toBe(said.length);
    expect(told).toBe(1.5);
  });

  it("shows what it is set to from elsewhere", async () => {
    let value: number | null = 2;
    const { root, draw } = await mount(() => (
      <NumberField id="n" label="" min={0} step={0.5} optional value={value} onValue={(next) => (value = next)} />
    ));
    const input = find<HTMLInputElement>(root, "input");
    await type(input, "");
    expect(value).toBeNull();
    value = 7;
    await draw();
    expect(input.value).toBe("7");
  });
});

describe("a field for a time of day", () => {
  it("is not written over while a part of it is missing", async () => {
    const rules = { ...camera().rules, schedules: [{ days: ["mon"], start: "06:00", end: "18:00" }] } as RuleSettings;
    const { root, draw } = await mount(() => <ScheduleEditor camera={camera({ rules })} />);
    const input = find<HTMLInputElement>(root, "#schedule-0-start");
    await type(input, "");
    await draw();
    expect(input.value).toBe("");
    await done(() => input.dispatchEvent(new Event("blur")));
    expect(input.value).toBe("06:00");
  });
});

describe("a camera's settings", () => {
  /** A server that keeps the camera, and what it was asked to change. */
  function kept(initial: Camera) {
    const server = new FakeServer();
    const changes: CameraChange[] = [];
    const keeper = { camera: initial, changes };
    vi.stubGlobal("fetch", async (_path: string, { body }: { body: string }) => {
      const change = JSON.parse(body) as CameraChange;
      changes.push(change);
      keeper.camera = { ...keeper.camera, ...(change as Partial<Camera>) };
      return Response.json(keeper.camera);
    });
    return { server, ...keeper, keeper };
  }
  const save = (root: Element) =>
    done(() => find(root, "form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));

  it("are saved without taking back what was changed elsewhere meanwhile", async () => {
    const { keeper, changes } = kept(camera());
    const { root, draw } = await mount(() => <CameraForm camera={keeper.camera} />);
    await type(find(root, "#camera-detect_fps"), "9");
    keeper.camera = camera({ rules: { ...camera().rules, dwell_s: 30 }, options: { priority: "high" } });
    await draw();
    expect(find<HTMLInputElement>(root, "#camera-dwell_s").value).toBe("30");
    expect(find<HTMLInputElement>(root, "#camera-detect_fps").value).toBe("9");
    await save(root);
    expect(changes[0]).toMatchObject({ detect_fps: 9, rules: { dwell_s: 30, min_confidence: 0.6 } });
    expect(keeper.camera.options).toEqual({ priority: "high" });
    // Saved, it is the server's again.
    keeper.camera = { ...keeper.camera, detect_fps: 4 };
    await draw();
    expect(find<HTMLInputElement>(root, "#camera-detect_fps").value).toBe("4");
  });

  it("keep each form's rules to itself", async () => {
    const { keeper, changes } = kept(camera());
    const { root, draw } = await mount(() => <RuleFields camera={keeper.camera} />);
    await type(find(root, "#rule-blind_after_s"), "");
    keeper.camera = camera({ rules: { ...camera().rules, offline_after_s: 600 } });
    await draw();
    await save(root);
    expect(changes[0]?.rules).toMatchObject({ blind_after_s: null, offline_after_s: 600 });
  });
});
