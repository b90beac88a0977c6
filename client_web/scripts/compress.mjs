// Puts a compressed copy beside each text file of dist; the server sends that to browsers that take it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|svg|html)$/.test(name)) continue;
  const file = new URL(name, dist);
  const data = readFileSync(file);
  writeFileSync(`${file.pathname}.gz`, gzipSync(data, { level: 9 }));
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } };
  writeFileSync(`${file.pathname}.br`, brotliCompressSync(data, options));
}
