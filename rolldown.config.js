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

/** With less Node dies before our first line, of a fault that no program can catch, and says so in words of its own. */
const NEEDED = { openFiles: 40, processes: 24, moreProcesses: 16, bytes: 2_000_000_000 };

/**
 * The command's first line is a shell's as well: what Node changes before we could look (src/system/inherited.ts) is handed on by it, with
 * nothing but what a shell has built in; and limits with which Node can't even begin are refused by it. To JavaScript it is a text and a
 * comment. Its variables have names that nobody else exports: tasks would be given them.
 */
const shellLine = [
  "':' //",
  "_ae_s= _ae_i= _ae_n= _ae_w= _ae_m= _ae_u=0 _ae_t=",
  "ignored() { shift 30; _ae_i=$1; }",
  "read -r _ae_s 2>/dev/null </proc/$$/stat",
  'case $_ae_s in *")"*) ignored ${_ae_s##*) };; esac',
  'few() { case $2 in ""|*[!0-9]*) return;; esac; if [ ${#2} -lt 11 ] && [ "$2" -lt "$3" ]; then ' +
    '_ae_w=${_ae_w:-"it may have $2 $1 ($4), and needs $3 at least: raise the limit and try again"}; fi; }',
  // What is left of a limit on processes.
  `left() { set -- "$(($1-$2))" "$3"; [ "$1" -ge 0 ] || set -- 0 "$2"; few "more processes" "$1" ${NEEDED.moreProcesses} "$2"; }`,
  // Limits on processes don't bind root, who owns the root directory.
  'while read -r _ae_a _ae_b _ae_c _ae_d _ae_e _ae_f; do case "$_ae_a $_ae_b $_ae_c" in ' +
    `"Max open files") _ae_n=$_ae_d; few "open files" "$_ae_e" ${NEEDED.openFiles} "ulimit -n";; ` +
    `"Max processes "*) [ -O / ] || { few processes "$_ae_c" ${NEEDED.processes} "ulimit -u"; _ae_m=$_ae_c; };; ` +
    `"Max address space") few "bytes of address space" "$_ae_d" ${NEEDED.bytes} "ulimit -v";; ` +
    "esac; done 2>/dev/null </proc/$$/limits",
  // To count the user's threads takes a while; where the whole machine has fewer than he may have that is not needed.
  'threads() { for _ae_a in /proc/[0-9]*; do if [ -O "$_ae_a" ]; then set -- "$_ae_a"/task/*; _ae_u=$((_ae_u+$#)); fi; done; }',
  'case $_ae_m in ""|*[!0-9]*) ;; *) read -r _ae_a _ae_b _ae_c _ae_t _ae_d 2>/dev/null </proc/loadavg; ' +
    `if [ "$((_ae_m-${NEEDED.moreProcesses}))" -lt "\${_ae_t#*/}" ] 2>/dev/null; then threads; ` +
    'left "$_ae_m" "$_ae_u" "ulimit -u"; fi;; esac',
  // Of each control group that we are in, up to the one that is mounted. Those bind root, too.
  "groups() { _ae_d=$1$2; while :; do _ae_a= _ae_b=; " +
    'read -r _ae_a 2>/dev/null <"$_ae_d/pids.max"; read -r _ae_b 2>/dev/null <"$_ae_d/pids.current"; ' +
    "case $_ae_a:$_ae_b in *[!0-9:]*|:*|*:) ;; " +
    '*) left "$_ae_a" "$_ae_b" "pids.max of its control group";; esac; ' +
    '[ "$_ae_d" != "$1" ] || return 0; _ae_d=${_ae_d%/*}; done; }',
  'while IFS=: read -r _ae_a _ae_b _ae_c; do case $_ae_b in "") groups /sys/fs/cgroup "${_ae_c%/}";; ' +
    'pids) groups /sys/fs/cgroup/pids "${_ae_c%/}";; esac; done 2>/dev/null </proc/$$/cgroup',
  'if [ "$_ae_w" ]; then echo "air-executor: $_ae_w" >&2; exit 3; fi',
  '_AIR_EXECUTOR_INHERITED="$_ae_i ${_ae_n:-$(ulimit -n)}"',
  "export _AIR_EXECUTOR_INHERITED",
  'exec node "$0" "$@"',
].join("; ");
const throughShell = {
  name: "through-shell",
  generateBundle(_options, bundle) {
    const command = bundle["air-executor.cjs"];
    command.code = `#!/usr/bin/env sh\n${shellLine}\n${command.code}`;
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
  { name: "errors", test: /[/]src[/](domain[/]errors|system[/]error-code)[.]js$/, priority: 1 },
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

const entry = { entry: "dist/src/workers/runner/entry.js" };

export default [
  {
    ...joined,
    input: { "air-executor": "dist/src/cli/main.js" },
    output: { ...commonJs, codeSplitting: { groups } },
    plugins: [throughShell],
  },
  alone(entry, commonJs),
  alone({ "portable-runner": "dist/src/workers/portable/main.js" }, commonJs),
  { ...joined, input: { index: "dist/src/index.js" }, output: modules },
  alone(entry, modules),
  {
    input: { page: "dist/src/page/main.js" },
    platform: "browser",
    treeshake: { moduleSideEffects: false },
    output: { dir: "dist/bundle", format: "iife", minify: true },
    plugins: [intoHtml],
  },
];
