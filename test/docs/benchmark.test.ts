/** docs/benchmark-your-pipeline.md, as a user would follow it: its job file, every command, its program. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { follow, main, makePlayground, type Playground } from "../cli/support/cli.js";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, "docs/benchmark-your-pipeline.md"), "utf8");

function blocksOf(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => code);
}

/** One run of each point, and no budget that is worth waiting for: what the commands say beside that is as they stand. */
const short = { AIR_EXECUTOR_REPEAT: "1", AIR_EXECUTOR_WARMUP: "0", AIR_EXECUTOR_QUIET: "1" };

function placeOf(context: TestContext): Playground & { readonly env: NodeJS.ProcessEnv } {
  const playground = makePlayground(context);
  const bin = join(playground.dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "air-executor"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(bin, "air-executor"), 0o755);
  return { ...playground, env: { ...short, PATH: `${bin}:${process.env["PATH"]}` } };
}

test("every command of the page on benchmarks does what it says, on the job file that stands there", async (context) => {
  const { dir, write, env } = placeOf(context);
  const [job = ""] = blocksOf("yaml");
  write("primes.yaml", job);
  const commands = blocksOf("sh").flatMap((code) => code.trim().split("\n"));
  for (const command of commands) {
    const { code, stderr } = await follow("sh", ["-c", command], dir, env).ended;
    // Whether this machine was slower the second time is not for a test to say.
    const isFine = code === 0 || (code === 1 && command.includes("--fail-above"));
    assert.ok(isFine, `${command}: exit code ${code}: ${stderr}`);
  }
  assert.equal(commands.length, 8);
  for (const page of ["bench.html", "primes-report.html"]) {
    assert.match(readFileSync(join(dir, page), "utf8"), /^<!doctype html>/);
  }
  const result = JSON.parse(readFileSync(join(dir, "result.json"), "utf8")) as { points: { wall: object | null }[] };
  assert.equal(result.points.length, 9);
  assert.ok(result.points.every(({ wall }) => wall !== null));
});

test("the program of the page on benchmarks runs", async (context) => {
  const { dir, write } = placeOf(context);
  const [program = ""] = blocksOf("ts");
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(root, join(dir, "node_modules/air-executor"));
  write("bench.mjs", program.replace("repeat: 5", "repeat: 1, warmup: 0"));
  const { code, stdout, stderr } = await follow(process.execPath, ["bench.mjs"], dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[12] shards?, [12] at a time/);
  assert.ok(existsSync(join(dir, ".air-executor/bench")));
});

test("the example that the page names can be swept, and finds the primes that there are", async (context) => {
  const { dir, env } = placeOf(context);
  mkdirSync(join(dir, "examples"));
  writeFileSync(join(dir, "examples/shards.yaml"), readFileSync(join(root, "examples/shards.yaml")));
  const check = "--cleanup 'test $(cat examples/output/shards/primes) = 669'";
  const command = `air-executor bench examples/shards.yaml -j 2 --set shards=1,3 --set limit=5000 ${check} --json`;
  const { code, stdout, stderr } = await follow("sh", ["-c", command], dir, env).ended;
  assert.equal(code, 0, `${stdout}${stderr}`);
  assert.equal((JSON.parse(stdout) as { runs: object[] }).runs.length, 2);
});
