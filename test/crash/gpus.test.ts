/** GPUs among real engines and real tasks: never two tasks on one, whoever is killed, and given on when their holder is gone. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gpuVariable } from "../../src/engine/gpu-devices.js";
import { makePlayground, type Playground } from "../cli/support/cli.js";
import { waitUntil } from "../support/wait-until.js";
import { untilHolds } from "../support/shell-loops.js";

/** A machine with so many GPUs, as its driver's program tells it. */
function withGpus({ dir, write }: Playground, visible = "0,1"): NodeJS.ProcessEnv {
  mkdirSync(join(dir, "bin"));
  write("bin/nvidia-smi", `#!/bin/sh\n[ "$1" = --query-gpu=index ] && echo ${visible} | tr , '\\n'\n`);
  chmodSync(join(dir, "bin", "nvidia-smi"), 0o755);
  return { PATH: `${join(dir, "bin")}:${process.env["PATH"]}`, CUDA_VISIBLE_DEVICES: visible };
}

/** A directory can be made once: who finds one of its GPUs there shares it with somebody. */
const exclusive = (id: string, inside: string, gpus = 1): object => ({
  id,
  command: "sh",
  args: [
    "-c",
    `for g in $(echo $CUDA_VISIBLE_DEVICES | tr , ' '); do mkdir held-$g || echo ${id} >> twice; done; ${inside}; ` +
      `for g in $(echo $CUDA_VISIBLE_DEVICES | tr , ' '); do rmdir held-$g; echo $g >> used; done`,
  ],
  resources: { gpu: gpus },
});

const until = (name: string): string => `echo > ${name}.started; ${untilHolds(`[ -e ${name}.go ]`, 0.05)}`;

test("two engines share the GPUs of a directory, one is killed again and again, and no GPU is ever held twice", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const env = withGpus(playground);
  const job = (name: string): object[] =>
    Array.from({ length: 8 }, (_, index) => exclusive(`${name}-${index}`, "sleep 0.2", index % 4 === 3 ? 2 : 1));
  write("a.json", job("a"));
  write("b.json", job("b"));
  const used = (): number => (existsSync(join(dir, "used")) ? readFileSync(join(dir, "used"), "utf8").split("\n").length : 0);
  const other = start(["run", "b.json", "-j", "4"], { env });
  for (let round = 0; round < 3; round++) {
    const before = used();
    const killed = start(["run", "a.json", "-j", "4"], { env });
    assert.ok(await waitUntil(() => used() > before + 1 || killed.process.exitCode !== null));
    killed.process.kill("SIGKILL");
    await killed.ended;
  }
  const last = await start(["run", "a.json", "-j", "4"], { env }).ended;
  assert.equal(last.code, 0, last.stderr);
  const { code, stderr } = await other.ended;
  assert.equal(code, 0, stderr);
  assert.equal(existsSync(join(dir, "twice")), false);
  assert.deepEqual(new Set(readFileSync(join(dir, "used"), "utf8").trim().split("\n")), new Set(["0", "1"]));
});

test("two engines of which each has one GPU and wants both don't wait for each other for ever", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const env = withGpus(playground);
  for (const name of ["a", "b"]) {
    const waiting = `echo > ${name}.started; ${untilHolds("[ -e go ]", 0.05)}`;
    write(`${name}.json`, [
      exclusive("one", waiting),
      { ...exclusive("both", "true", 2), dependencies: ["one"] },
      { ...exclusive("again", "true", 2), dependencies: ["both"] },
    ]);
  }
  const running = ["a", "b"].map((name) => start(["run", `${name}.json`], { env }));
  assert.ok(await waitUntil(() => ["a", "b"].every((name) => existsSync(join(dir, `${name}.started`)))));
  writeFileSync(join(dir, "go"), "");
  for (const { ended } of running) {
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
  }
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("beside an adopted task with a GPU the others are used", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const env = withGpus(playground);
  write("job.json", [
    exclusive("long", until("long")),
    { ...exclusive("next", "touch next"), dependencies: ["first"] },
    {
      id: "first",
      command: "sh",
      args: ["-c", until("first")],
    },
  ]);
  const killed = start(["run", "job.json", "-j", "3"], { env });
  assert.ok(await waitUntil(() => ["long", "first"].every((name) => existsSync(join(dir, `${name}.started`)))));
  killed.process.kill("SIGKILL");
  await killed.ended;
  const next = start(["run", "job.json", "-j", "3"], { env });
  writeFileSync(join(dir, "first.go"), "");
  assert.ok(await waitUntil(() => existsSync(join(dir, "next"))), "one of the two is free");
  writeFileSync(join(dir, "long.go"), "");
  assert.equal((await next.ended).code, 0);
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("an engine that can use one GPU at a time leaves the others to other engines", async (context) => {
  const playground = makePlayground(context);
  const { start, run, write, dir } = playground;
  const env = withGpus(playground, "0,1,2");
  write("a.json", [exclusive("a", until("a")), exclusive("then", "true")]);
  write("b.json", [exclusive("b", "true")]);
  const slow = start(["run", "a.json", "-j", "1"], { env });
  assert.ok(await waitUntil(() => existsSync(join(dir, "a.started"))));
  assert.equal((await run(["run", "b.json"], { env })).code, 0);
  writeFileSync(join(dir, "a.go"), "");
  assert.equal((await slow.ended).code, 0);
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("an engine that somebody has stopped while it waits for GPUs keeps nobody from those that it does not have", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const env = withGpus(playground);
  write("a.json", [
    exclusive("a0", until("a")),
    exclusive("a1", until("a")),
    { ...exclusive("a2", "touch a2"), dependencies: ["a0"] },
  ]);
  write("b.json", [exclusive("b", "true", 2)]);
  const going = start(["run", "a.json", "-j", "4"], { env });
  assert.ok(await waitUntil(() => existsSync(join(dir, "a.started"))));
  const stopped = start(["run", "b.json"], { env });
  const turn = join(dir, ".air-executor", "devices", "turn");
  assert.ok(await waitUntil(() => readFileSync(turn, "utf8").startsWith(`{"pid":${stopped.process.pid},`)));
  stopped.process.kill("SIGSTOP");
  writeFileSync(join(dir, "a.go"), "");
  const isDone = await waitUntil(() => existsSync(join(dir, "a2")));
  stopped.process.kill("SIGCONT");
  assert.ok(isDone);
  assert.equal((await going.ended).code, 0);
  assert.equal((await stopped.ended).code, 0);
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("the files of the GPUs are made again where somebody has removed them", async (context) => {
  const playground = makePlayground(context);
  const { start, run, write, dir } = playground;
  const env = withGpus(playground);
  write("a.json", [exclusive("a", until("a")), { ...exclusive("both", "true", 2), dependencies: ["a"] }]);
  write("b.json", [exclusive("b", "true")]);
  const running = start(["run", "a.json"], { env });
  assert.ok(await waitUntil(() => existsSync(join(dir, "a.started"))));
  rmSync(join(dir, ".air-executor", "devices"), { recursive: true, maxRetries: 20, retryDelay: 10 });
  assert.equal((await run(["run", "b.json"], { env })).code, 0);
  rmSync(join(dir, ".air-executor", "devices"), { recursive: true, maxRetries: 20, retryDelay: 10 });
  writeFileSync(join(dir, "a.go"), "");
  const { code, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("the GPU of a task whose engine was killed is nobody's before the task has ended, and then anybody's", async (context) => {
  const playground = makePlayground(context);
  const { start, run, write, dir } = playground;
  const env = withGpus(playground);
  write("a.json", [exclusive("a", until("a"))]);
  write("b.json", [
    exclusive("one", "true"),
    ...Array.from({ length: 5 }, (_, index) => ({
      id: `then-${index}`,
      command: "sleep",
      args: ["0.2"],
      dependencies: [index === 0 ? "one" : `then-${index - 1}`],
    })),
    { ...exclusive("both", until("both"), 2), dependencies: ["one"] },
  ]);
  const killed = start(["run", "a.json"], { env });
  assert.ok(await waitUntil(() => existsSync(join(dir, "a.started"))));
  killed.process.kill("SIGKILL");
  await killed.ended;
  const other = start(["run", "b.json", "-j", "4"], { env });
  const tasks = (): string => {
    const path = join(dir, ".air-executor", "jobs", "b", "journal.ndjson");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  assert.ok(await waitUntil(() => /"attempt-ended","task":"then-4"/.test(tasks())));
  assert.equal(existsSync(join(dir, "both.started")), false, "one of the two is still in use");
  assert.match((await run(["why", "b", "both"], { env })).stdout, /What holds it back now is the pool gpu, of which there is 2/);
  writeFileSync(join(dir, "a.go"), "");
  assert.ok(await waitUntil(() => existsSync(join(dir, "both.started"))), "its holder is gone");
  writeFileSync(join(dir, "both.go"), "");
  assert.equal((await other.ended).code, 0);
  assert.equal((await run(["run", "a.json"], { env })).code, 0);
  assert.equal(existsSync(join(dir, "twice")), false);
  const started = readFileSync(join(dir, ".air-executor", "jobs", "b", "journal.ndjson"), "utf8");
  assert.match(started, /"task":"both","attempt":1,[^\n]*"takes":\{"cpu":1,"gpu":2\},"gpus":\[0,1\]/);
});

test("a GPU is in use also by what a task's program started without the lock, as Python starts whatever it does", async (context) => {
  const playground = makePlayground(context);
  const { run, write, dir } = playground;
  const env = { ...withGpus(playground), CUDA_VISIBLE_DEVICES: "1" };
  const closing = Array.from({ length: 20 }, (_, index) => `${index + 3}>&-`).join(" ");
  const gpu = { resources: { gpu: 1 } };
  write("left.sh", `mkdir held; sleep 2; rmdir held\n`);
  write("job.json", [
    { id: "a", command: "bash", args: ["-c", `setsid sh left.sh ${closing} & ${untilHolds("[ -e held ]")}`], ...gpu },
    { id: "b", command: "sh", args: ["-c", "mkdir held || touch twice"], dependencies: ["a"], ...gpu },
  ]);
  const { code, stderr } = await run(["run", "job.json"], { env });
  assert.equal(code, 0, stderr);
  assert.equal(existsSync(join(dir, "twice")), false);
});

test("another user's process keeps no GPU from root by a variable", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("needs root, who reads the variables of all");
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const env = withGpus(playground, "0");
  const [name, value] = gpuVariable(join(dir, ".air-executor"), 0);
  const other = spawn("sleep", ["60"], { uid: 65_534, gid: 65_534, env: { ...env, [name]: value }, stdio: "ignore" });
  context.after(() => other.kill("SIGKILL"));
  await once(other, "spawn");
  write("job.json", [exclusive("one", "true")]);
  const { process: engine, ended } = start(["run", "job.json"], { env });
  const isUsed = await waitUntil(() => existsSync(join(dir, "used")));
  if (!isUsed) engine.kill("SIGTERM");
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
});

test("how many GPUs there are says the user, else the machine; more than that is refused", async (context) => {
  const playground = makePlayground(context);
  const { run, write } = playground;
  write("job.json", [
    { id: "a", command: "sh", args: ["-c", "echo $CUDA_VISIBLE_DEVICES/$HIP_VISIBLE_DEVICES"], resources: { gpu: 1 } },
  ]);
  const none = await run(["run", "job.json"], { env: { PATH: "/usr/bin:/bin" } });
  assert.equal(none.code, 2);
  assert.match(none.stderr, /it takes 1 of gpu, and there is none, so it could never run: .*--gpus 1/);
  assert.equal((await run(["run", "job.json", "--gpus", "1"])).code, 0);
  assert.equal((await run(["logs", "job", "a"])).stdout, "0/0\n");
  write("half.json", [{ command: "true", resources: { gpu: 0.5 } }]);
  assert.match(
    (await run(["validate", "half.json"])).stderr,
    /expected a whole number of gpus, from 0 to 1000000, got the number 0\.5/,
  );
  const env = { ...withGpus(playground), CUDA_VISIBLE_DEVICES: "1" };
  assert.equal((await run(["run", "job.json", "--fresh"], { env })).code, 0);
  assert.equal((await run(["logs", "job", "a"])).stdout, "1/1\n");
});

test("a command of a task with a GPU that is missing, or can't be run, is told as that of any other", async (context) => {
  const playground = makePlayground(context);
  const { run, write, dir } = playground;
  const env = withGpus(playground);
  write("plain", "no program\n");
  const commands = { gone: "no-such-command", path: "./gone", plain: "./plain", place: dir, there: "true" };
  write(
    "job.json",
    Object.entries(commands).map(([id, command]) => ({ id, command, resources: { gpu: 1 } })),
  );
  assert.equal((await run(["run", "job.json", "-q"], { env })).code, 1);
  const { stdout } = await run(["status", "job", "--json"]);
  const { tasks } = JSON.parse(stdout) as { tasks: { id: string; status: string; error: string | null }[] };
  assert.deepEqual(
    tasks.map(({ id, status, error }) => `${id} ${status}: ${error}`),
    [
      'gone failed: command not found: "no-such-command" (looked for on PATH)',
      `path failed: command not found: "./gone" (in ${dir})`,
      'plain failed: not executable: "./plain" (is its execute permission set?)',
      `place failed: not executable: ${JSON.stringify(dir)} is a directory`,
      "there completed: null",
    ],
  );
});
