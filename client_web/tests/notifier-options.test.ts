import { describe, expect, it } from "vitest";
import { meant, plain, shown, withOption } from "../src/ui/notifier-options";

describe("an option in a form", () => {
  it("is read as what it is when it is not left out", () => {
    expect(plain({ anyOf: [{ type: "null" as "string" }, { type: "integer" }], default: null })).toMatchObject({
      type: "integer",
      default: null,
    });
    expect(plain({ type: "string" })).toEqual({ type: "string" });
  });

  it("is text that means what it showed", () => {
    const headers = { "X-Key": "a:b", Accept: "*/*" };
    expect(shown({ type: "object" }, headers)).toBe("X-Key: a:b\nAccept: */*");
    expect(meant({ type: "object" }, shown({ type: "object" }, headers))).toEqual(headers);
    expect(meant({ type: "array" }, "a@b.example, c@d.example\n\n")).toEqual(["a@b.example", "c@d.example"]);
    expect(meant({ type: "number" }, "2.5")).toBe(2.5);
    expect(shown({ type: "integer" }, 8883)).toBe("8883");
  });

  it("is left out where nothing is filled in", () => {
    expect(meant({ type: "string" }, "  ")).toBeUndefined();
    expect(shown({ type: "string" }, null)).toBe("");
    expect(withOption({ url: "x", method: "PUT" }, "method", undefined)).toEqual({ url: "x" });
    expect(withOption({ url: "x" }, "url", "y")).toEqual({ url: "y" });
  });
});
