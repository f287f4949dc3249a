import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Contender, Run } from "../../bench/contender.js";
import type { ContenderResult, Values } from "../../bench/result.js";
import { runScenario } from "../../bench/rounds.js";
import { openToolbox, type Toolbox } from "../../bench/toolbox.js";

const skip = spawnSync("cc", ["--version"]).status === 0 ? false : "there is no C compiler";
const workDirectory = mkdtempSync(join(tmpdir(), "air-executor-test-"));
after(() => rmSync(workDirectory, { recursive: true, force: true }));

let toolbox: Toolbox | undefined;
let scenarios = 0;

/** @param limitSeconds no run of a test takes as long, unless it is to */
function run(contenders: readonly Contender[], lines: string[] = [], limitSeconds = 60): ContenderResult[] {
  toolbox ??= openToolbox(join(workDirectory, "tools"));
  const about = { name: `scenario-${++scenarios}`, title: "", columns: [], goals: [] };
  return runScenario(
    { ...about, contenders, limitSeconds },
    { count: 2, workDirectory, toolbox, tell: (line) => lines.push(line.replace(/ \d+ ms$/, "")) },
  );
}

function contender(name: string, script: string, check: Contender["check"] = () => ({})): Contender {
  return { name, command: ["sh", "-c", script], check };
}

function reasonOf(result: ContenderResult | undefined): string {
  assert.ok(result !== undefined && result.kind !== "measured");
  return result.reason;
}

function giveOneFile(directory: string): void {
  writeFileSync(join(directory, "given"), "");
}

function readCount({ stdout }: Run): Values {
  return { files: Number(stdout) };
}

test("contenders take turns, each in a fresh directory, and every run's values are kept", { skip }, () => {
  const lines: string[] = [];
  const results = run(
    [{ ...contender("a", "ls | wc -l; touch more", readCount), prepare: giveOneFile }, contender("b", "ls | wc -l", readCount)],
    lines,
  );
  assert.deepEqual(lines, ["scenario-1 1: a", "scenario-1 1: b", "scenario-1 2: a", "scenario-1 2: b"]);
  const files = results.map((result) => (result.kind === "measured" ? result.samples.map((values) => values["files"]) : []));
  assert.deepEqual(files, [
    [1, 1],
    [0, 0],
  ]);
});

test("the CPU time of a process that its parent did not wait for is counted", { skip }, () => {
  const burn = "let used; do used = process.cpuUsage(); while (used.user + used.system < 200_000)";
  const [result] = run([contender("a", `node -e '${burn}' & exit 0`)]);
  assert.ok(result?.kind === "measured");
  for (const values of result.samples) assert.ok((values["cpuMs"] ?? 0) >= 200, `${values["cpuMs"]} ms counted, 200 used`);
});

test("one failed run takes all numbers away, whatever made it fail", { skip }, () => {
  const failing = contender("check", "exit 0", () => {
    throw new Error("ran 3 of 5");
  });
  const results = [
    ...run([contender("exit", "echo sorry >&2; exit 3"), contender("signal", "kill -9 $$")]),
    ...run([contender("late", "sleep 60")], [], 1),
    ...run([failing]),
  ];
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ["failed", "failed", "failed", "failed"],
  );
  assert.deepEqual(results.map(reasonOf), [
    "run 1: exited with 3: sorry",
    "run 1: was ended by signal 9",
    "run 1: was still running after 1 s",
    "run 1: ran 3 of 5",
  ]);
});

test("a peer that is not installed is skipped and said so", { skip }, () => {
  toolbox ??= openToolbox(join(workDirectory, "tools"));
  const without: Toolbox = { ...toolbox, has: () => false };
  const scenario = {
    name: "lonely",
    title: "",
    columns: [],
    goals: [],
    contenders: [{ ...contender("a", "true"), needs: "ninja" as const }],
  };
  const [result] = runScenario(scenario, { count: 1, workDirectory, toolbox: without, tell: () => {} });
  assert.equal(reasonOf(result), "ninja is not installed");
});
