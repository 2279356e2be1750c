// What AsyncAPI's own parser says of a document: exit code 1 where it finds an error or a warning.
// Usage: node check.js docs/asyncapi.yaml

import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const [path] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(await readFile(path, "utf8"));
// 0 is an error, 1 a warning; below are hints.
const found = diagnostics.filter(({ severity }) => severity <= 1);
for (const { code, message, path: where } of found) {
  console.error(`${path}: ${where.join(".")}: ${message} (${code})`);
}
process.exitCode = document === undefined || found.length > 0 ? 1 : 0;
