// Makes src/wire.gen.ts from wire.json (which wire_schema.py makes from the server's pydantic models).
// `node scripts/wire.mjs --check` says whether the file in the repository is the one that would be made.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../wire.json", import.meta.url);
const target = new URL("../src/wire.gen.ts", import.meta.url);

const document = JSON.parse(readFileSync(source, "utf8"));
const names = Object.keys(document.components.schemas).sort();
const types = astToString(await openapiTS(document, { emptyObjectsUnknown: true, defaultNonNullable: false }));
const text = `// Made by scripts/wire.mjs from the server's models; don't edit.\n${types}\n${names
  .map((name) => `export type ${name.replaceAll("-", "")} = components["schemas"]["${name}"];`)
  .join("\n")}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    process.stderr.write("src/wire.gen.ts is out of step with wire.json: run `npm run wire`.\n");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
