import { defineConfig } from "vite";

const server = process.env.MASKWATCH_SERVER ?? "http://127.0.0.1:8640";

export default defineConfig({
  // The page's content security policy allows nothing inline and no data: scripts, so nothing is inlined.
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  server: {
    proxy: Object.fromEntries(
      ["/api", "^/[a-z0-9_-]+/(whip|whep|mse)"].map((path) => [path, { target: server, ws: true, changeOrigin: true }]),
    ),
  },
});
