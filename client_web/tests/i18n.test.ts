import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { counted, type Key, percent, pickLanguage, switchLanguage, t } from "../src/i18n";
import { en } from "../src/i18n/en";
import { id } from "../src/i18n/id";
import { ago, clock, day, duration, ticking } from "../src/i18n/time";
import { ApiError } from "../src/live/http";
import { explain, explainReason } from "../src/state/notices";
import { fpsInWords } from "../src/ui/camera-words";

const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe("the languages", () => {
  it("have the same keys, each with a text and the same blanks", () => {
    expect(Object.keys(id).sort()).toEqual(Object.keys(en).sort());
    for (const key of Object.keys(en) as Key[]) {
      expect(id[key].trim(), key).not.toBe("");
      expect(blanks(id[key]), key).toEqual(blanks(en[key]));
    }
  });

  it("have each counted key in both numbers", () => {
    const stems = Object.keys(en).filter((key) => key.endsWith(".one"));
    for (const stem of stems) expect(en).toHaveProperty([stem.replace(/one$/, "other")]);
  });

  it("hold no text that no page uses", () => {
    const sources = (readdirSync("src", { recursive: true }) as string[])
      .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("i18n/en") && !name.startsWith("i18n/id"))
      .map((name) => readFileSync(join("src", name), "utf8"))
      .join("\n");
    // Keys put together at run time: `state.${...}` and the like.
    const made = [...sources.matchAll(/[`"]([a-zA-Z_.]+\.)\$\{/g)].map(([, stem]) => stem ?? "");
    const unused = Object.keys(en).filter((key) => {
      const stem = key.replace(/\.(one|other)$/, "");
      return (
        !sources.includes(`"${key}"`) && !sources.includes(`"${stem}"`) && !made.some((start) => key.startsWith(start))
      );
    });
    expect(unused).toEqual([]);
  });

  it("are chosen by the reader, else by the browser, else English", () => {
    expect(pickLanguage("id", ["en-GB"])).toBe("id");
    expect(pickLanguage("", ["fr", "id-ID", "en"])).toBe("id");
    expect(pickLanguage(null, ["in"])).toBe("id");
    expect(pickLanguage("xx", ["fr"])).toBe("en");
  });
});

describe("in English", () => {
  beforeAll(() => switchLanguage("en"));
  const now = new Date(2026, 10, 24, 15, 30, 0).getTime();

  it("fills in and counts", () => {
    expect(t("add.added", { camera: "lift" })).toBe("lift is added.");
    expect(counted("live.who", 1)).toBe("1 person without a mask");
    expect(counted("live.who", 12)).toBe("12 people without a mask");
    expect(percent(0.973)).toBe("97%");
  });

  it("says how long ago as a person does", () => {
    expect(ago(now - 500, now)).toBe("just now");
    expect(ago(now + 400, now)).toBe("just now");
    expect(ago(now - 12_900, now)).toBe("12 s ago");
    expect(ago(now - 5 * 60_000, now)).toBe("5 min ago");
    expect(ago(now - 2 * 3_600_000, now)).toBe("2 h ago");
    expect(ago(now - 7 * 3_600_000, now)).toBe("08:30");
    expect(ago(now - 26 * 3_600_000, now)).toBe("23 Nov, 13:30");
  });

  it("gives durations with their units", () => {
    expect(duration(118)).toBe("120 ms");
    expect(duration(2_000)).toBe("2 s");
    expect(duration(125_000)).toBe("2 min 5 s");
    expect(duration(1_800_000)).toBe("30 min");
    expect(duration(3 * 3_600_000 + 20 * 60_000)).toBe("3 h 20 min");
    expect(duration(75 * 3_600_000)).toBe("3 d 3 h");
    expect(ticking(900)).toBe("0 s");
    expect(ticking(-50)).toBe("0 s");
  });

  it("names days and clock times", () => {
    expect(clock(now, now)).toBe("15:30");
    expect(day(now, now)).toBe("Today");
    expect(day(now - 86_400_000, now)).toBe("Yesterday");
    expect(day(now - 3 * 86_400_000, now)).toMatch(/Saturday,? 21 November/);
  });

  it("names the day before by the calendar, where clocks change", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    const at = (...when: [number, number, number, number, number]) => new Date(...when).getTime();
    // A Sunday of 25 hours, and the Monday after one of 23.
    expect(day(at(2026, 9, 24, 12, 0), at(2026, 9, 25, 23, 30))).toBe("Yesterday");
    expect(day(at(2026, 2, 29, 12, 0), at(2026, 2, 30, 0, 30))).toBe("Yesterday");
    expect(day(at(2026, 2, 28, 23, 45), at(2026, 2, 30, 0, 30))).toMatch(/Saturday/);
    vi.unstubAllEnvs();
  });
});

describe("in Indonesian", () => {
  beforeAll(() => switchLanguage("id"));

  it("says the same", () => {
    expect(counted("live.who", 1)).toBe("1 orang tanpa masker");
    expect(ago(Date.now() - 12_500, Date.now())).toBe("12 dtk lalu");
    expect(duration(125_000)).toBe("2 mnt 5 dtk");
    expect(document.documentElement.lang).toBe("id");
    expect(explain(new ApiError(404, "not_found", "There is no such alert."))).toBe("Sudah tidak ada.");
    expect(explain(new ApiError(422, "source_not_found", "No stream."))).toMatch(/^Kamera menjawab/);
    expect(explainReason("not_found", "No stream.", "")).toMatch(/^Kamera menjawab/);
    expect(fpsInWords(29.97)).toBe("30 gambar/dtk");
    expect(fpsInWords(12.5)).toBe("12,5 gambar/dtk");
  });
});

it("shows the language that was chosen last, though one chosen before comes later", async () => {
  let arrive: (() => void) | undefined;
  vi.resetModules();
  vi.doMock("../src/i18n/id", async () => {
    await new Promise<void>((resolve) => {
      arrive = resolve;
    });
    return { id };
  });
  const i18n = await import("../src/i18n");
  await i18n.switchLanguage("en");
  const slow = i18n.switchLanguage("id");
  await vi.waitUntil(() => arrive);
  await i18n.switchLanguage("en");
  arrive?.();
  await slow;
  expect([i18n.language.peek(), i18n.t("action.save")]).toEqual(["en", "Save"]);
  vi.doUnmock("../src/i18n/id");
});
