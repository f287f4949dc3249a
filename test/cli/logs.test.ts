import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { follow, main, makePlayground } from "./support/cli.js";

const colored = [
  { id: "a", command: "printf", args: ["\\033[31mred\\033[0m\\n\\377end"] },
  {
    id: "B b",
    command: "sh",
    args: ["-c", "echo one; echo two >&2; exit $AIR_EXECUTOR_ATTEMPT"],
    retries: 1,
    dependencies: ["a"],
  },
];

test("a task's log comes as it is, byte for byte, where it goes to no terminal", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("c.json", colored);
  await run(["run", "c.json"]);
  const raw = execFileSync(process.execPath, [main, "logs", "c", "a"], { cwd: dir });
  assert.deepEqual(raw, Buffer.from("\x1b[31mred\x1b[0m\n\xffend", "latin1"));
});

test("on a terminal it can't drive the terminal", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("c.json", colored);
  await run(["run", "c.json"]);
  const command = `'${process.execPath}' '${main}' logs c a`;
  const { stdout } = await follow("script", ["-qec", command, "/dev/null"], dir, { TERM: "xterm" }).ended;
  assert.match(stdout, /red\r\n/);
  assert.doesNotMatch(stdout, /\x1b\[31m/);
});

test("all tasks' logs have the task in front of each line; an earlier attempt can be asked for", async (context) => {
  const { run, write } = makePlayground(context);
  write("c.json", colored);
  await run(["run", "c.json"]);
  assert.match((await run(["logs", "c"])).stdout, /^a {3}│ .*red.*\na {3}│ .*end\nB b │ one\nB b │ two\n$/);
  assert.equal((await run(["logs", "c", "B b", "--attempt", "1"])).stdout, "one\ntwo\n");
  const lines = (await run(["logs", "c", "B b", "--json"])).stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { task: "B b", attempt: 2, text: "one" },
      { task: "B b", attempt: 2, text: "two" },
    ],
  );
});

test("as JSON a line of more than 64 KiB comes in parts, wherever in the log it stands", async (context) => {
  const { run, write } = makePlayground(context);
  const script = "for n in 65536 65537 70000 131073; do head -c $n /dev/zero | tr '\\0' a; echo; done";
  write("c.json", [{ id: "long", command: "sh", args: ["-c", script] }]);
  await run(["run", "c.json"]);
  const lines = (await run(["logs", "c", "--json"])).stdout.trimEnd().split("\n");
  const lengths = lines.map((line) => (JSON.parse(line) as { text: string }).text.length);
  assert.deepEqual(lengths, [65536, 65536, 1, 65536, 4464, 65536, 65536, 1]);
});

test("what stands apart, since it was written to stderr, goes to stderr; an earlier attempt's too, and as JSON it is marked", async (context) => {
  const { run, write } = makePlayground(context);
  write("c.json", { stderr: "apart", tasks: colored });
  await run(["run", "c.json"]);
  const shown = async (...argv: string[]): Promise<readonly string[]> => {
    const { stdout, stderr } = await run(["logs", "c", ...argv]);
    return [stdout, stderr];
  };
  assert.deepEqual(await shown("B b"), ["one\n", "two\n"]);
  assert.deepEqual(await shown("B b", "--attempt", "1"), ["one\n", "two\n"]);
  assert.match((await shown())[1]!, /^B b │ two\n$/);
  const lines = (await shown("B b", "-f", "--json"))[0]!.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { task: "B b", attempt: 2, text: "one" },
      { task: "B b", attempt: 2, text: "two", is_stderr: true },
    ],
  );
});

test("an attempt that was not made is an error, and so are tasks that can't be read", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("c.json", [...colored, { id: "never", command: "true", dependencies: ["B b"], trigger_rule: "all_success" }]);
  await run(["run", "c.json"]);
  for (const [task, had] of [
    ["B b", "2"],
    ["never", "none"],
  ] as const) {
    for (const more of [[], ["-f"]]) {
      const { code, stdout, stderr } = await run(["logs", "c", task, "--attempt", "9", ...more]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.equal(stderr, `air-executor: task "${task}" of job "c" has no attempt 9: it has had ${had}\n`);
    }
  }
  const ofAll = await run(["logs", "c", "--attempt", "3"]);
  assert.deepEqual([ofAll.code, ofAll.stdout], [2, ""]);
  assert.equal(ofAll.stderr, 'air-executor: no task of job "c" has an attempt 3: the most that one has had is 2\n');
  rmSync(join(dir, ".air-executor/jobs/c/tasks.json"));
  for (const args of [
    ["logs", "c"],
    ["logs", "c", "B b"],
    ["graph", "c"],
  ]) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /the tasks of "c" can't be read: .*\/tasks\.json is not there yet\n$/);
  }
});

test("-f goes on until the job has ended", async (context) => {
  const { start, write, dir } = makePlayground(context);
  execFileSync("mkfifo", [join(dir, "ready"), join(dir, "go")]);
  write("f.json", [
    { id: "a", timeout: 60, command: "sh", args: ["-c", "echo before; echo > ready; read word < go; echo after"] },
  ]);
  const job = start(["run", "f.json"]);
  await readFile(join(dir, "ready"));
  const logs = start(["logs", "f", "a", "-f"]);
  await new Promise<void>((resolve) => logs.process.stdout.on("data", (text: string) => text.includes("before") && resolve()));
  write("go", "go\n");
  assert.equal((await job.ended).code, 0);
  const { code, stdout } = await logs.ended;
  assert.deepEqual([code, stdout], [0, "before\nafter\n"]);
});

test("-f has every attempt of a task, each by its number, and those of one that is told to run again", async (context) => {
  const { run, start, write, dir } = makePlayground(context);
  for (const pipe of ["ready", "go", "end"]) execFileSync("mkfifo", [join(dir, pipe)]);
  // Unfinished lines; an attempt that says nothing; several within one look.
  const script =
    "n=$AIR_EXECUTOR_ATTEMPT; [ $n != 1 ] || echo here; [ $n = 3 ] || printf 'try %s' $n; [ $n != 1 ] || { echo > ready; read word < go; }; [ $n -gt 4 ]";
  write("f.json", [
    { id: "a", timeout: 60, command: "sh", args: ["-c", script], retries: 3 },
    { id: "b", timeout: 60, command: "sh", args: ["-c", "read word < end"] },
  ]);
  const job = start(["run", "f.json", "-j", "2"]);
  await readFile(join(dir, "ready"));
  const logs = start(["logs", "f", "-f", "--json"]);
  let said = "";
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (said.includes(text) && resolve());
      logs.process.stdout.on("data", look);
      look();
    });
  logs.process.stdout.on("data", (text: string) => (said += text));
  await until('"text":"here"');
  write("go", "go\n");
  await until('"attempt":4,"text":"try 4"');
  assert.equal((await run(["retry", "f", "a"])).code, 0);
  await until('"attempt":5,"text":"try 5"');
  write("end", "end\n");
  assert.equal((await job.ended).code, 0);
  const { code, stdout } = await logs.ended;
  const texts = stdout
    .trimEnd()
    .split("\n")
    .map((line) => Object.values(JSON.parse(line) as object).join(" "));
  assert.deepEqual([code, texts], [0, ["a 1 here", "a 1 try 1", "a 2 try 2", "a 4 try 4", "a 5 try 5"]]);
});

test("-f has each line once, under its attempt, where attempts follow each other faster than snapshots and the engine is killed", async (context) => {
  const { start, write, dir } = makePlayground(context);
  for (const pipe of ["ready", "go"]) execFileSync("mkfifo", [join(dir, pipe)]);
  // Every third attempt says nothing.
  const script = "a=$AIR_EXECUTOR_ATTEMPT; [ $((a % 3)) = 0 ] || { echo out $a; echo error $a >&2; }; [ $a = 16 ]";
  const quick = (id: string): object => ({ id, command: "sh", args: ["-c", script], retries: 15, dependencies: ["first"] });
  const first = { id: "first", timeout: 60, command: "sh", args: ["-c", "echo here; echo > ready; read word < go"] };
  write("f.json", { stderr: "apart", tasks: [first, quick("a"), quick("b"), quick("c")] });
  const killed = start(["run", "f.json", "-j", "2"]);
  await readFile(join(dir, "ready"));
  const logs = start(["logs", "f", "-f", "--json"]);
  let said = "";
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => logs.process.stdout.on("data", (text: string) => pattern.test((said += text)) && resolve()));
  await until(/here/);
  const hasBegun = until(/out/);
  write("go", "go\n");
  await hasBegun;
  killed.process.kill("SIGKILL");
  await killed.ended;
  assert.equal((await start(["run", ".air-executor/jobs/f"]).ended).code, 0);
  const { code, stdout } = await logs.ended;
  assert.equal(code, 0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { task: string; attempt: number; text: string; is_stderr?: true });
  for (const id of ["a", "b", "c"]) {
    for (const kind of ["out", "error"]) {
      const shown = lines.filter(
        ({ task, is_stderr: isError }) => task === id && isError === (kind === "error" ? true : undefined),
      );
      const wanted = Array.from({ length: 16 }, (_, index) => index + 1).filter((attempt) => attempt % 3 !== 0);
      assert.deepEqual(
        shown.map(({ attempt, text }) => `${attempt}: ${text}`),
        wanted.map((attempt) => `${attempt}: ${kind} ${attempt}`),
      );
    }
  }
});

test("a reader that goes away is no error", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("long.json", [{ id: "a", command: "seq", args: ["1", "200000"] }]);
  await run(["run", "long.json"]);
  const command = `'${process.execPath}' '${main}' logs long a | head -n 1`;
  const { code, stdout, stderr } = await follow("sh", ["-c", command], dir, {}).ended;
  assert.deepEqual([code, stdout, stderr], [0, "1\n", ""]);
});
