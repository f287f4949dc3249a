/** What a batch that is gone on with shows: what had ended and was not shown, in its place, and nothing twice. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { journalLines } from "../../support/journal-lines.js";
import { untilHolds } from "../../support/shell-loops.js";
import { waitUntil } from "../../support/wait-until.js";
import { main, makePlayground, type Playground } from "../support/cli.js";

const INPUTS = ["1", "2", "3", "4", "5", "6"];
/** The third waits for the gate. */
const SCRIPT = `if test {} = 3; then ${untilHolds("test -e gate")}; fi; echo "out {}"; echo {} >> ran; exit $(( {} == 5 ))`;

function batch(...options: readonly string[]): string[] {
  return ["map", "-q", "-j2", "--name", "b", ...options, "--shell", SCRIPT, ":::", ...INPUTS];
}

interface Stopped extends Playground {
  /** What the first command showed. */
  readonly first: string;
  readonly ran: () => string;
}

/** A batch that was stopped when all but the third had ended, and shown if they are shown as they end. */
async function stopped(t: TestContext, signal: NodeJS.Signals, options: readonly string[]): Promise<Stopped> {
  const playground = makePlayground(t);
  const { dir, start } = playground;
  const ran = (): string => (existsSync(join(dir, "ran")) ? readFileSync(join(dir, "ran"), "utf8") : "");
  const { process: child, ended } = start(batch(...options, "--grace-period", "0"));
  const isOnRecord = (): boolean => {
    const lines = journalLines(join(dir, ".air-executor", "jobs", "b", "journal.ndjson"));
    return lines.filter(({ type }) => type === "attempt-ended").length >= 5;
  };
  // Shown is what stands there: between the two it may come again.
  const wanted = options.includes("--no-output") ? 0 : options.includes("-k") ? 2 : 5;
  assert.ok(await waitUntil(() => isOnRecord() && noted(join(dir, ".air-executor/jobs/b/shown")) === wanted), ran());
  child.kill(signal);
  const { stdout: first } = await ended;
  writeFileSync(join(dir, "gate"), "");
  return { ...playground, first, ran };
}

/** How many tasks are on record as shown. */
function noted(path: string): number {
  if (!existsSync(path)) return 0;
  const ranges = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return ranges.reduce((sum, range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return sum + to - from + 1;
  }, 0);
}

const outOf = (...inputs: readonly string[]): string => inputs.map((input) => `out ${input}\n`).join("");

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  test(`in order, after ${signal}: what had ended and was not shown comes in its place, and nothing runs or comes twice`, async (t) => {
    const { run, first, ran, dir } = await stopped(t, signal, ["-k"]);
    assert.equal(first, outOf("1", "2"));
    const { code, stdout } = await run(batch("-k"));
    assert.deepEqual([code, stdout], [1, outOf("3", "4", "5", "6")]);
    assert.deepEqual(ran().trim().split("\n").toSorted(), INPUTS);
    assert.equal(existsSync(join(dir, ".air-executor/jobs/b/shown")), false, "all was shown");
  });
}

test("as tasks end, and line by line: what was shown does not come again, also in another order than before", async (t) => {
  for (const options of [[], ["--line-buffer"]]) {
    const { run, first } = await stopped(t, "SIGKILL", options);
    assert.deepEqual(first.trim().split("\n").toSorted(), outOf("1", "2", "4", "5", "6").trim().split("\n"));
    assert.equal((await run(batch("-k"))).stdout, outOf("3"));
  }
});

test("tags stand before what comes late, too; a batch that was not shown at first is not shown later", async (t) => {
  const tagged = await stopped(t, "SIGKILL", ["-k", "--tag"]);
  assert.equal((await tagged.run(batch("-k", "--tag"))).stdout, "3\tout 3\n4\tout 4\n5\tout 5\n6\tout 6\n");
  const silent = await stopped(t, "SIGKILL", ["-k", "--no-output"]);
  assert.equal((await silent.run(batch("-k"))).stdout, outOf("3"));
});

test("the log of jobs has also what ended under an earlier command and is not in it", async (t) => {
  const { run, dir } = await stopped(t, "SIGKILL", ["-k"]);
  await run(batch("-k", "--joblog", "log"));
  const rows = (): string[][] =>
    readFileSync(join(dir, "log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
  const bySeq = (all: string[][]): string[] =>
    all
      .slice(1)
      .map(([seq, , , , , , exit]) => `${seq} ${exit}`)
      .toSorted();
  assert.deepEqual(bySeq(rows()), ["1 0", "2 0", "3 0", "4 0", "5 1", "6 0"]);
  assert.match(rows().find(([seq]) => seq === "4")?.[8] ?? "", /^sh -c 'if test .*exit \$\(\( 4 == 5 \)\)'$/);
  // A log that lacks some, and whose last line was torn.
  const again = await stopped(t, "SIGKILL", ["--joblog", "log"]);
  const path = join(again.dir, "log");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 6);
  writeFileSync(path, `${lines.slice(0, 4).join("\n")}\n${lines[4]!.slice(0, 9)}`);
  await again.run(batch("--joblog", "log"));
  const whole = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.split("\t").length === 9);
  assert.deepEqual(bySeq(whole.map((line) => line.split("\t"))), ["1 0", "2 0", "3 0", "4 0", "5 1", "6 0"]);
});

test("a batch that had ended when it was killed, before a slow reader had all, shows the rest and runs nothing", async (t) => {
  const { dir, run } = makePlayground(t);
  const argv = ["map", "-k", "-j2", "--name", "slow", "--shell", "echo {} >> ran; seq {}000 {}999; seq 30000", ":::", ...INPUTS];
  const child = spawn(process.execPath, [main, ...argv], { cwd: dir, stdio: ["ignore", "pipe", "ignore"] });
  const state = join(dir, ".air-executor/jobs/slow/state.json");
  const isOver = (): boolean => existsSync(state) && readFileSync(state, "utf8").includes('"state": "completed"');
  assert.ok(await waitUntil(isOver), "a reader that does not read keeps no task waiting");
  child.kill("SIGKILL");
  const [first] = await Promise.all([text(child.stdout), once(child, "close")]);
  const { code, stdout, stderr } = await run(argv);
  assert.equal(code, 0);
  assert.match(stderr, /slow has ended: what is left of its output is shown, and nothing is run/);
  const outputs = INPUTS.map((input) => {
    const numbers = (from: number, to: number): string[] =>
      Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
    return `${[...numbers(Number(input) * 1000, Number(input) * 1000 + 999), ...numbers(1, 30_000)].join("\n")}\n`;
  });
  const whole = outputs.join("");
  const from = whole.length - stdout.length;
  assert.ok(
    whole.endsWith(stdout) && stdout.startsWith(outputs[whole.slice(0, from).split("30000\n").length - 1]!),
    "from a task's beginning",
  );
  assert.ok(
    whole.startsWith(first) && from <= first.length && from > first.length - 200_000,
    "only what was being shown comes again",
  );
  assert.deepEqual(readFileSync(join(dir, "ran"), "utf8").trim().split("\n").toSorted(), INPUTS);
  assert.match((await run(argv)).stderr, /slow completed/, "then it begins anew");
  assert.equal(readFileSync(join(dir, "ran"), "utf8").trim().split("\n").length, 2 * INPUTS.length);
});

test("a batch that was killed after its end, before its last words, is told of the next time, with its log of jobs", async (t) => {
  const { dir, run, write } = makePlayground(t);
  const argv = ["map", "-k", "--name", "told", "--joblog", "log", "--shell", "echo {} | tee -a ran; exit $(( {} == 5 ))"];
  // Killed by what it is about to say; and its log had not got all lines.
  const preload = write(
    "die.cjs",
    'process.stderr.write = (text) => /told failed/.test(text) && process.kill(process.pid, "SIGKILL");',
  );
  const killed = await run([...argv, ":::", ...INPUTS], { env: { NODE_OPTIONS: `--require=${preload}` } });
  assert.deepEqual([killed.signal, killed.stdout], ["SIGKILL", INPUTS.map((input) => `${input}\n`).join("")]);
  const path = join(dir, "log");
  const log = readFileSync(path, "utf8").split("\n");
  assert.equal(log.length, 1 + INPUTS.length + 1);
  writeFileSync(path, `${log.slice(0, 3).join("\n")}\n`);
  const { code, stdout, stderr } = await run([...argv, ":::", ...INPUTS]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /told failed after [^]*First failure: task-5: exit code 1/);
  const lines = readFileSync(path, "utf8").split("\n").slice(1, -1);
  assert.deepEqual(lines.map((line) => line.split("\t")[0] ?? "").toSorted(), INPUTS);
  assert.deepEqual(readFileSync(join(dir, "ran"), "utf8").trim().split("\n").toSorted(), INPUTS, "nothing ran twice");
});

for (const options of [["-k"], ["--line-buffer"]]) {
  test(`of a batch that was killed after its end all is shown the next time, also of the tasks before and after: ${options[0]}`, async (t) => {
    const { dir, run, write } = makePlayground(t);
    const edges = ["--before", "echo before", "--after", "echo after"];
    const argv = ["map", "-q", "-j1", "--name", "e", ...options, ...edges, "echo", ":::", "1", "2"];
    const whole = "before\n1\n2\nafter\n";
    assert.equal((await run(argv)).stdout, whole, "nothing is left out");
    const job = join(dir, ".air-executor/jobs/e");
    for (const [shown, rest] of [
      ["", whole],
      ["0-1\n", "2\nafter\n"],
      ["0-2\n", "after\n"],
    ] as const) {
      // As it stands when all has ended.
      write(join(".air-executor/jobs/e", "shown"), shown);
      assert.equal((await run(argv)).stdout, rest);
      assert.equal(existsSync(join(job, "shown")), false);
    }
    const last = write(
      "die.cjs",
      `const { write } = process.stdout;
      process.stdout.write = function (...given) {
        if (/after/.test(given[0])) process.kill(process.pid, "SIGKILL");
        return write.apply(this, given);
      };`,
    );
    await run(argv, { env: { NODE_OPTIONS: `--require=${last}` } });
    assert.match((await run(argv)).stdout, /after\n$/);
  });
}

test("a long output of the task before all others is not mixed with that of others", async (t) => {
  const { dir } = makePlayground(t);
  const argv = ["map", "-q", "-k", "-j1", "--name", "b", "--before", "seq 300000", "echo", ":::", "a", "b"];
  const child = spawn(process.execPath, [main, ...argv], { cwd: dir, stdio: ["ignore", "pipe", "ignore"] });
  const state = join(dir, ".air-executor/jobs/b/state.json");
  // Nobody reads until all have ended.
  assert.ok(await waitUntil(() => existsSync(state) && readFileSync(state, "utf8").includes('"state": "completed"')));
  const lines = (await text(child.stdout)).trimEnd().split("\n");
  assert.deepEqual([lines.length, ...lines.slice(-3)], [300_002, "300000", "a", "b"]);
});

for (const [what, signal, options] of [
  ["two Ctrl-C end", "SIGINT", []],
  ["TERM and the grace period end", "SIGTERM", ["--grace-period", "0.1"]],
] as const) {
  test(`${what} a batch whose reader takes nothing, and what it did not take is shown the next time`, async (t) => {
    const { dir, run, write } = makePlayground(t);
    const argv = ["map", "-k", "-j2", "--name", "stalled", ...options, "--shell", "seq {}000 {}999; seq 3000", ":::", ...INPUTS];
    const script = `(echo $BASHPID > pid; exec "$@") | { ${untilHolds("test -e gate")}; cat > first; }; echo "\${PIPESTATUS[0]}"`;
    const shell = spawn("bash", ["-c", script, "bash", process.execPath, main, ...argv], {
      cwd: dir,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const code = text(shell.stdout);
    const state = join(dir, ".air-executor/jobs/stalled/state.json");
    assert.ok(await waitUntil(() => existsSync(state) && readFileSync(state, "utf8").includes('"state": "completed"')));
    const node = readFileSync(join(dir, "pid"), "utf8").trim();
    const isGone = (): boolean => !existsSync(`/proc/${node}/cmdline`) || readFileSync(`/proc/${node}/cmdline`).length === 0;
    if (signal === "SIGTERM") process.kill(Number(node), signal);
    assert.ok(
      await waitUntil(() => {
        if (!isGone() && signal === "SIGINT") process.kill(Number(node), signal);
        return isGone();
      }),
    );
    write("gate", "");
    assert.equal(await code, signal === "SIGINT" ? "130\n" : "143\n");
    const first = readFileSync(join(dir, "first"), "utf8");
    const { stdout } = await run(argv);
    const length =
      INPUTS.length * (5000 + Array.from({ length: 3000 }, (_, index) => String(index + 1).length + 1).reduce((a, b) => a + b));
    assert.ok(
      first.length + stdout.length >= length && stdout.length < length,
      `${first.length} and ${stdout.length} of ${length}`,
    );
  });
}

test("other pieces of standard input are noticed, also of tasks that have ended", async (t) => {
  const { run, dir } = makePlayground(t);
  const argv = [
    "map",
    "-q",
    "-j1",
    "--name",
    "p",
    "--pipe",
    "--lines",
    "1",
    "--max-failures",
    "1",
    "sh",
    "-c",
    "read n; test $n != b",
  ];
  assert.equal((await run(argv, { input: "a\nb\nc\n" })).code, 1);
  const { code, stderr } = await run(argv, { input: "x\nb\nc\n" });
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /standard input is not what the unfinished map was begun with: this piece differs from .*task-1\. .*--fresh/,
  );
  assert.equal(readFileSync(join(dir, ".air-executor/jobs/p/inputs/task-1"), "utf8"), "a\n");
  assert.equal((await run(argv, { input: "a\nb\nc\n" })).code, 1, "what failed stays failed");
});

test("other lines of standard input are noticed where all of their tasks have ended", async (t) => {
  const { run } = makePlayground(t);
  const argv = ["map", "-q", "-j1", "--name", "d", "--max-failures", "1", "sh", "-c", "test {} != b"];
  assert.equal((await run(argv, { input: "a\nb\nc\n" })).code, 1);
  const { code, stderr } = await run(argv, { input: "x\nb\nc\n" });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /map "d": up to this one the inputs are not those that the unfinished map was begun with: .*--fresh/);
  assert.equal((await run(argv, { input: "a\nb\nc\n" })).code, 1, "what failed stays failed");
});

test("the first failure is told with what it wrote to stderr and the way to its log, also by commands that did not see it", async (t) => {
  const { run } = makePlayground(t);
  const argv = ["map", "-j1", "--name", "f", "--halt", "soon,done=1", "--shell", "echo out; echo bad {} >&2; test {} = 2"];
  const told = (task: number): RegExp =>
    new RegExp(
      `First failure: task-${task}: exit code 1.*\n {2}\\$ echo out.*\n {2}│ bad ${task}\n[^]* its log: +air-executor logs f task-${task}\n`,
    );
  for (const task of [1, 1, 3]) assert.match((await run([...argv, ":::", "1", "2", "3"])).stderr, told(task));
  assert.match((await run(["retry", "f", "-j1"])).stderr, told(1));
});

test("the command that goes on begins nothing anew, and leaves a word of the task's as it is", async (t) => {
  const { run } = makePlayground(t);
  const argv = ["map", "-j1", "--fresh", "--name", "f", "--halt", "soon,done=1", "--", "echo", "--fresh", ":::", "1", "2"];
  const { stderr } = await run(argv);
  assert.match(stderr, / go on: +air-executor map -j1 --name f --halt soon,done=1 -- echo --fresh ::: 1 2\n/);
});

test("an ended map to which a task was added is gone on with as any job, and that is what is said", async (t) => {
  const { run, dir } = makePlayground(t);
  const argv = ["map", "--name", "m", "true", ":::", "1", "2"];
  assert.equal((await run(argv)).code, 0);
  assert.equal((await run(["add", "m", "--id", "more", "--", "sh", "-c", "echo ran > more"])).code, 0);
  assert.match((await run(["status", "m"])).stdout, /go on: air-executor run \.air-executor\/jobs\/m$/m);
  const refused = await run(argv);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /or were added\. Run those to their end \(air-executor run \/.*\/jobs\/m\), or begin anew with --fresh/,
  );
  assert.equal((await run(["run", ".air-executor/jobs/m"])).code, 0);
  assert.equal(readFileSync(join(dir, "more"), "utf8"), "ran\n");
  assert.doesNotMatch(readFileSync(join(dir, ".air-executor/jobs/m/state.json"), "utf8"), /map_ended/);
  assert.equal((await run(argv)).code, 0);
});
