import { beforeAll, describe, expect, it } from "vitest";
import { switchLanguage } from "../src/i18n";
import { contain, onStage, overlap, placeLabel } from "../src/live/geometry";
import { ApiError } from "../src/live/http";
import { obstacleOf } from "../src/live/whip";
import { shown, tally } from "../src/live/words";
import { explain } from "../src/state/notices";
import { routeOf } from "../src/state/router";
import { nextPage } from "../src/state/session";
import { suggestName, VALID_NAME } from "../src/ui/camera-name";
import { nextTry, peopleInWords, shownState, streamInWords, whyNot } from "../src/ui/camera-words";
import { evidenceOf, likeliest } from "../src/ui/evidence";
import { alert, camera, faces, person } from "./make";

beforeAll(() => switchLanguage("en"));

describe("a person in words", () => {
  it("is called by what is believed", () => {
    expect(shown(person({ state: "compliant", label: "no_mask", belief: 0.8 }))).toEqual({
      label: "mask",
      confidence: 0.8,
      settled: true,
    });
  });

  it("is a guess of this look while nothing is believed", () => {
    expect(shown(person({ state: "unknown", label: "incorrect", confidence: 0.7 }))).toEqual({
      label: "incorrect",
      confidence: 0.7,
      settled: false,
    });
  });

  it("is counted by what is shown", () => {
    const people = [person(), person({ state: "unknown", label: "unknown" }), person({ state: "compliant" })];
    expect(tally(people)).toEqual({ mask: 1, no_mask: 1, incorrect: 0, unknown: 1 });
    expect(peopleInWords(faces({ people }))).toBe("3 in view");
    expect(peopleInWords(faces())).toBe("Nobody in view");
    expect(peopleInWords(null)).toBe("Looking…");
  });
});

describe("a camera in words", () => {
  it("says why it isn't watching, and when it is tried again", () => {
    const next_try_at = new Date(Date.now() + 8_500).toISOString();
    const lost = camera({ state: "stalled", reason: "stalled", next_try_at });
    expect(whyNot(lost)).toBe("The camera stopped sending pictures.");
    expect(nextTry(lost)).toMatch(/^Trying again in [789] s\.$/);
    expect(nextTry(camera())).toBeNull();
  });

  it("uses the server's words for a reason it doesn't know", () => {
    expect(whyNot(camera({ state: "offline", reason: "eclipse", message: "The sun is gone." }))).toBe(
      "The sun is gone.",
    );
  });

  it("is not sure of anything without a connection, but of a camera that is paused", () => {
    expect(shownState(camera(), false)).toBe("unsure");
    expect(shownState(camera({ state: "disabled" }), false)).toBe("disabled");
    expect(shownState(camera({ state: "offline" }), true)).toBe("offline");
  });

  it("describes its stream", () => {
    expect(streamInWords(camera())).toBe("H.264, 1280 × 720, 15 pictures/s");
    expect(streamInWords(camera({ codec: null, width: null, height: null, fps: null }))).toBe("");
  });
});

describe("boxes over the picture", () => {
  it("lie where the picture lies inside its stage", () => {
    const wide = contain({ width: 640, height: 480 }, { width: 320, height: 180 });
    expect(wide).toEqual({ x: 40, y: 0, width: 240, height: 180 });
    expect(onStage([0.5, 0.5, 1, 1], wide)).toEqual({ x: 160, y: 90, width: 120, height: 90 });
  });

  it("have labels inside the stage and never on the face, wherever it is", () => {
    const stage = { width: 320, height: 180 };
    const label = { width: 90, height: 18 };
    for (let x = -10; x < 320; x += 13) {
      for (let y = -10; y < 180; y += 13) {
        const face = { x, y, width: 40, height: 50 };
        const place = placeLabel(face, label, stage, [face]);
        if (!place) throw new Error(`no place for a face at ${x}, ${y}`);
        expect(overlap(place, face)).toBe(0);
        expect(place.x).toBeGreaterThanOrEqual(0);
        expect(place.y).toBeGreaterThanOrEqual(0);
        expect(place.x + label.width).toBeLessThanOrEqual(stage.width);
        expect(place.y + label.height).toBeLessThanOrEqual(stage.height);
      }
    }
  });

  it("have no label where a face fills the stage, and avoid other faces", () => {
    const stage = { width: 320, height: 180 };
    expect(placeLabel({ x: 0, y: 0, width: 320, height: 180 }, { width: 90, height: 18 }, stage, [])).toBeNull();
    const face = { x: 100, y: 60, width: 40, height: 50 };
    const above = { x: 90, y: 20, width: 60, height: 38 };
    expect(placeLabel(face, { width: 90, height: 18 }, stage, [above])?.y).toBeGreaterThan(100);
  });
});

describe("addresses", () => {
  it("lead to pages", () => {
    expect(routeOf("/")).toEqual({ page: "live" });
    expect(routeOf("/cameras/ward-3")).toEqual({ page: "camera", name: "ward-3" });
    expect(routeOf("/alerts/")).toEqual({ page: "alerts", id: null });
    expect(routeOf("/alerts/a%20b")).toEqual({ page: "alerts", id: "a b" });
    expect(routeOf("/publish/phone")).toEqual({ page: "publish", name: "phone" });
    expect(routeOf("/cameras")).toEqual({ page: "notFound" });
    expect(routeOf("/settings/x")).toEqual({ page: "notFound" });
    expect(routeOf("/cameras/%")).toEqual({ page: "camera", name: "%" });
  });

  it("lead back after signing in, but never off this server", () => {
    expect(nextPage("?next=%2Falerts%3Fkind%3Dno_mask")).toBe("/alerts?kind=no_mask");
    for (const bad of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      expect(nextPage(`?next=${encodeURIComponent(bad)}`)).toBe("/");
    }
  });
});

describe("a name for a new camera", () => {
  it("comes from the address and is one the server takes", () => {
    expect(suggestName("rtsp://admin:p@ss@front-door.lan/stream1", [])).toBe("front-door");
    expect(suggestName("rtsp://u:p@192.168.1.20:554/Ward 3/main", [])).toBe("main");
    expect(suggestName("rtsp://192.168.1.20", [])).toBe("camera");
    expect(suggestName("/videos/Lift (2).MP4", [])).toBe("lift-2");
    expect(suggestName("webrtc:", ["phone", "phone-2"])).toBe("phone-3");
    expect(suggestName("device:/dev/video0", [])).toBe("webcam");
    expect(suggestName("", [])).toBe("");
    for (const url of ["rtsp://@@@", "file:", "///", "ünï.mp4"]) expect(suggestName(url, [])).toMatch(VALID_NAME);
  });
});

describe("an alert's evidence", () => {
  it("is taken with care", () => {
    const nothing = evidenceOf(alert({ evidence: { box: [1, 2], looks: "many", quality: null, frame: 3 } }));
    expect(nothing.trail).toEqual([]);
    expect(Object.values({ ...nothing, trail: null }).every((value) => value === null)).toBe(true);
    const full = evidenceOf(
      alert({
        evidence: {
          box: [1, 2, 3, 4],
          frame: { width: 640, height: 360 },
          looks: 11,
          seen_s: 2.4,
          settings: { rules: { dwell_s: 2 }, models: { detector: "detector@1", classifier: "classifier@2" } },
          belief: { mask: 0.1, no_mask: 0.9 },
        },
      }),
    );
    expect(full).toMatchObject({
      frame: { width: 640, height: 360 },
      looks: 11,
      seenS: 2.4,
      dwellS: 2,
      belief: { no_mask: 0.9 },
    });
    expect(full.models).toBe("detector@1, classifier@2");
  });

  it("lists the likeliest label first and leaves out what rounds to nothing", () => {
    expect(likeliest({ mask: 0.1, no_mask: 0.898, incorrect: 0.002, hat: 0.5 })).toEqual([
      ["no_mask", 0.898],
      ["mask", 0.1],
    ]);
  });
});

describe("what went wrong", () => {
  it("is said with what to do", () => {
    expect(explain(new ApiError(409, "conflict", "The name is taken.", "Choose another."))).toBe(
      "The name is taken. Choose another.",
    );
    expect(explain(new ApiError(0, "network", ""))).toBe("The server can't be reached. Is it running?");
    expect(explain(new ApiError(502, "unknown", ""))).toBe("That didn't work. The server answered with 502.");
    expect(obstacleOf(new DOMException("", "NotAllowedError"))).toBe("denied");
    expect(obstacleOf(new DOMException("", "NotFoundError"))).toBe("noCamera");
    expect(obstacleOf(new TypeError())).toBe("unsupported");
  });
});

describe("the looks that led to an alert", () => {
  const trail = {
    at_s: [-0.4, -0.2, 0],
    label: ["unknown", "no_mask", "no_mask"],
    weight: [0, 0.5, 1],
    probabilities: { mask: [0.3, 0.1, 0.02], no_mask: [0.3, 0.8, 0.97], incorrect: [0.3, 0.1, 0.01] },
    belief: { mask: [0.33, 0.25, 0.1], no_mask: [0.33, 0.5, 0.8], incorrect: [0.33, 0.25, 0.1] },
  };

  it("come out of their columns", () => {
    const looks = evidenceOf(alert({ evidence: { trail, settings: { belief: { enter: 0.6 } } } }));
    expect(looks.enter).toBe(0.6);
    expect(looks.trail.map(({ atS, label, weight }) => [atS, label, weight])).toEqual([
      [-0.4, "unknown", 0],
      [-0.2, "no_mask", 0.5],
      [0, "no_mask", 1],
    ]);
    expect(looks.trail[2]?.belief.no_mask).toBe(0.8);
  });

  it("are none in alerts of older versions, and broken ones are left out", () => {
    expect(evidenceOf(alert()).trail).toEqual([]);
    expect(evidenceOf(alert({ evidence: { trail: "?" } })).trail).toEqual([]);
    const short = { ...trail, weight: [1], label: ["mask", 3], belief: null };
    expect(evidenceOf(alert({ evidence: { trail: short } })).trail).toHaveLength(1);
  });
});
