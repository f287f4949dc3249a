import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * What is shipped: the compiled modules of dist/src, joined into a few files, since every module that has to be found, read and linked
 * costs a start half a millisecond. What is loaded on demand stays apart. All files lie side by side, so that one finds another by its
 * name.
 *
 * The command is made of CommonJS modules: Node starts with them, and needs a tenth of the time of a short run to make its loader of the
 * other kind ready. The library is what its callers are.
 *
 * The page of a report is one HTML file, its program, its looks and the libraries that it draws with all in it: a template, into which a
 * report puts its title and its data. A browser runs of it what has the hash that stands at its head, and nothing else.
 */

const joined = {
  platform: "node",
  // No module of ours does anything by being imported, but for the entries: a command loads what it uses and no more.
  treeshake: { moduleSideEffects: false },
  external: [/^node:/, /^[@a-z]/],
};

/** Programs that are tested put others in the place of these, which stand still: the library takes those of Node when it is loaded. */
const unmocked = {
  inject: Object.fromEntries([
    ...["Timeout", "Interval", "Immediate"].flatMap((kind) =>
      [`set${kind}`, `clear${kind}`].map((name) => [name, ["node:timers", name]]),
    ),
    ["performance", ["node:perf_hooks", "performance"]],
  ]),
};

/** The command's first line is a shell's as well, and says why there. */
function shellLine() {
  const lines = readFileSync("src/cli/first-line.sh", "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  // No command has ended with these.
  const goesOn = /(?:[{(]|;;|\b(?:then|do|in)|\*\)) *$/;
  return lines.reduce((before, line) => `${before}${goesOn.test(before) ? " " : "; "}${line}`, "':' //");
}
/** What it takes at once: without that nothing of it can say what is wrong. */
function wholeLine({ imports }) {
  const parts = JSON.stringify(imports.filter((name) => name.endsWith(".cjs")).map((name) => `./${name}`));
  const words = "`air-executor: ${part} can't be loaded (${error.code}): this installation is not whole, install it again\\n`";
  return `for (const part of ${parts}) try { require.resolve(part); } catch (error) { process.stderr.write(${words}); process.exit(3); }`;
}
const throughShell = {
  name: "through-shell",
  generateBundle(_options, bundle) {
    const command = bundle["air-executor.cjs"];
    command.code = `#!/usr/bin/env sh\n${shellLine()}\n${wholeLine(command)}\n${command.code}`;
  },
};

/** Replaces the joined program of the page by the page. */
const intoHtml = {
  name: "into-html",
  generateBundle(_options, bundle) {
    const [[file, { code }]] = Object.entries(bundle);
    // Within a script these would end it, or begin what looks like another.
    if (/<\/script|<!--/i.test(code)) throw new Error("the program of the page holds what can't stand in a script");
    const looks = readFileSync("src/page/page.css", "utf8");
    const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const policy = `default-src 'none'; script-src ${hash(code)}; style-src ${hash(looks)}; base-uri 'none'; form-action 'none'`;
    const source = [
      "<!doctype html>",
      '<html lang="en">',
      '<meta charset="utf-8">',
      `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="referrer" content="no-referrer">',
      "<title><!--TITLE--></title>",
      `<style>${looks}</style>`,
      "<body>",
      '<script type="application/json" id="data"><!--DATA--></script>',
      `<script>${code}</script>`,
      "",
    ].join("\n");
    delete bundle[file];
    this.emitFile({ type: "asset", fileName: "page.html", source });
  },
};

/** What the command needs to say that a word was mistyped, or which version it is; and, apart from it, what most verbs load. */
const groups = [
  { name: "errors", test: /[/]src[/](domain[/]errors|system[/]look[/]error-code)[.]js$/, priority: 1 },
  { name: "core", test: /[/]src[/](domain|store|system)[/]/, minShareCount: 3 },
];

/** Comments are for who reads the source: to a start they are a third of the text. Lines and names stay, for stacks. */
const output = { dir: "dist/bundle", comments: false };
const commonJs = {
  ...output,
  format: "cjs",
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name].cjs",
  dynamicImportInCjs: false,
};
const modules = { ...output, format: "es", entryFileNames: "[name].js", chunkFileNames: "[name].js" };

/** A program that starts by itself, in a thread or a process: one file, since the other ones' parts are more than it needs. */
const alone = (input, kind) => ({ ...joined, input, output: { ...kind, codeSplitting: false } });

const entry = { entry: "dist/src/workers/entry.js" };

export default [
  {
    ...joined,
    input: { "air-executor": "dist/src/cli/main.js" },
    output: { ...commonJs, codeSplitting: { groups } },
    plugins: [throughShell],
  },
  alone(entry, commonJs),
  alone({ "portable-runner": "dist/src/workers/portable/main.js" }, commonJs),
  { ...joined, input: { index: "dist/src/index.js" }, transform: unmocked, output: modules },
  alone(entry, modules),
  {
    input: { page: "dist/src/page/main.js" },
    platform: "browser",
    treeshake: { moduleSideEffects: false },
    output: { dir: "dist/bundle", format: "iife", minify: true },
    plugins: [intoHtml],
  },
];
