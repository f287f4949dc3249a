import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { mapAtOnce } from "../support/at-once.js";
import { main } from "../cli/support/cli.js";

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));

interface Pair {
  readonly theirs: string;
  readonly ours: string;
}

/** The rows of two commands of a page. */
function pairsOf(page: string): Pair[] {
  const rows = page.matchAll(/^\| `(.+?)` +\| `(.+?)` +\|$/gm);
  return [...rows].map(([, theirs = "", ours = ""]) => ({
    theirs: theirs.replaceAll("\\|", "|"),
    ours: ours.replaceAll("\\|", "|"),
  }));
}

function blockOf(page: string, language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";
}

/** A fresh directory with what the commands work on, and the command `air-executor`. GNU parallel's shell is that of whoever types. */
function workshop(page: string): { dir: string; env: NodeJS.ProcessEnv } {
  const root = mkdtempSync(join(tmpdir(), "air-executor-page-"));
  const [dir, bin, home] = [join(root, "work"), join(root, "bin"), join(root, "home")];
  for (const each of [dir, bin, home, join(home, ".parallel")]) mkdirSync(each);
  const files = {
    "a.txt": "one\n",
    "b c.txt": "one two\n",
    list: "x\ny z\n",
    pairs: "1 a\n2 b\n",
    "sizes.csv": "name,size\nx,1\ny,2\n",
    commands: "echo one\necho two | tr a-z A-Z\n",
    Makefile: blockOf(page, "make"),
    "report.yaml": blockOf(page, "yaml"),
    "x.c": "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  writeFileSync(join(home, ".parallel", "will-cite"), "");
  symlinkSync(main, join(bin, "air-executor"));
  symlinkSync(process.execPath, join(bin, "node"));
  const { NODE_EXTRA_CA_CERTS: _certificates, ...inherited } = process.env;
  return { dir, env: { ...inherited, HOME: home, PATH: `${bin}:${process.env["PATH"]}`, LC_ALL: "C", PARALLEL_SHELL: "bash" } };
}

function outputOf(command: string, page: string): string {
  const { dir, env } = workshop(page);
  try {
    return spawnSync("bash", ["-c", command], { cwd: dir, env, encoding: "utf8", timeout: 60_000, input: "" }).stdout;
  } finally {
    rmSync(join(dir, ".."), { recursive: true, force: true });
  }
}

const isInstalled = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

async function checkPage(t: TestContext, name: string, least: number, program: (pair: Pair) => string): Promise<void> {
  const page = readFileSync(join(docs, name), "utf8");
  const pairs = pairsOf(page);
  assert.ok(pairs.length >= least, `${pairs.length} rows were found`);
  assert.equal(pairs.length, page.split("\n").filter((line) => line.startsWith("| `")).length, "a row was not understood");
  const missing = [...new Set(pairs.map(program))].filter((each) => !isInstalled(each));
  if (missing.length > 0) t.diagnostic(`not compared: ${missing.join(", ")} is not installed`);
  await mapAtOnce(pairs, 2, async (pair) => {
    const ours = outputOf(pair.ours, page);
    if (missing.includes(program(pair)) || (pair.ours.includes("parallel ") && missing.includes("parallel"))) return;
    assert.equal(ours, outputOf(pair.theirs, page), `${pair.theirs}\n${pair.ours}`);
  });
}

test("each line of the page for people from GNU parallel and xargs prints what theirs prints", async (t) => {
  await checkPage(t, "from-parallel-and-xargs.md", 20, ({ theirs }) => (theirs.includes("parallel") ? "parallel" : "xargs"));
});

test("each line of the page for people from make does what make does", async (t) => {
  await checkPage(t, "from-make.md", 7, () => "make");
});
