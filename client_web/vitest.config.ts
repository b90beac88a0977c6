import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import app from "./vite.config";

export default mergeConfig(
  app,
  defineConfig({ test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], restoreMocks: true } }),
);
