// What a browser loads before the Live page shows (index.html, the scripts and styles it names, what those import at
// once, and one language) must stay below 100 kB compressed. Also: nothing inline, as the page's CSP allows nothing.
import { readdirSync, readFileSync } from "node:fs";

const LIMIT = 100_000;
const dist = new URL("../dist/", import.meta.url);
const read = (path) => readFileSync(new URL(path.replace(/^\//, ""), dist));

const page = read("index.html").toString();
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i.test(page)) {
  process.stderr.write("dist/index.html has something inline; the content security policy would block it.\n");
  process.exit(1);
}

const first = new Set(["index.html"]);
const queue = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1]);
for (let path = queue.shift(); path; path = queue.shift()) {
  if (first.has(path)) continue;
  first.add(path);
  if (!path.endsWith(".js")) continue;
  for (const [, name] of read(path)
    .toString()
    .matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g))
    queue.push(`/assets/${name}`);
}
const language = readdirSync(new URL("assets/", dist)).find((name) => /^en-.*\.js$/.test(name));
if (language) first.add(`/assets/${language}`);

let total = 0;
for (const path of first) {
  const size = read(`${path}.gz`).length;
  total += size;
  process.stdout.write(`${String(size).padStart(7)}  ${path}\n`);
}
process.stdout.write(`${String(total).padStart(7)}  first load, compressed (limit ${LIMIT})\n`);
if (total > LIMIT) {
  process.stderr.write("The first load is too large.\n");
  process.exit(1);
}
