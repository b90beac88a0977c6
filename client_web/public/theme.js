// Runs before the first paint, so that a dark page never flashes white. The key is the one in src/state/preferences.ts.
try {
  document.documentElement.dataset.theme = localStorage.getItem("maskwatch.theme") || "system";
} catch {
  document.documentElement.dataset.theme = "system";
}
