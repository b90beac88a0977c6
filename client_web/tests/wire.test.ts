import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("has the types that wire.json makes (npm run wire)", () => {
  expect(() => execFileSync(process.execPath, ["scripts/wire.mjs", "--check"], { stdio: "pipe" })).not.toThrow();
}, 60_000);
