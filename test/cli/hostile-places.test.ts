import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { follow, main, makePlayground } from "./support/cli.js";

const one = [{ id: "a", command: "echo", args: ["hello"] }];

test("--fresh also begins the first run of a name, and no name leads out of the directory", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  for (const name of ["../x", "..", ".", "a/b", "", "-x", "x".repeat(101)]) {
    const { code, stderr } = await run(["run", "one.json", "--fresh", `--name=${name}`]);
    assert.equal(code, 2, stderr);
    assert.equal(existsSync(join(dir, ".air-executor")), false);
  }
  assert.equal((await run(["run", "one.json", "--fresh"])).code, 0);
});

test("of what can't be a job every verb says why, as the list of all jobs does", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  await run(["run", "one.json", "-q"]);
  const jobs = join(dir, ".air-executor/jobs");
  symlinkSync(join(jobs, "one"), join(jobs, "lnk"));
  mkdirSync(join(jobs, "a b"));
  for (const [name, reason] of [
    ["lnk", "it is a link or a file, expected a directory"],
    ["a b", 'expected a job name of letters, .*, got "a b"'],
  ] as const) {
    for (const verb of ["status", "logs", "cancel", "retry", "rm"]) {
      const { code, stdout, stderr } = await run([verb, name]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, new RegExp(`^air-executor: "${name}" in .air-executor is not taken: ${reason}\n$`));
    }
  }
  for (const name of ["", ".", "..", "../jobs", "one/", "/"]) {
    const { code, stderr } = await run(["status", name]);
    assert.equal(code, 2);
    assert.match(stderr, /^air-executor: there is no job "/);
  }
});

test("--fresh keeps a job that was dropped under the name and never ran", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  const job = join(dir, ".air-executor/jobs/one");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  writeFileSync(join(job, "state.json"), JSON.stringify({ id: "dropped", name: "one", state: "waiting", created_at: "then" }));
  writeFileSync(join(job, "tasks.json"), JSON.stringify([{ id: "theirs", command: "true" }]));
  const { code, stderr } = await run(["run", "one.json", "--fresh"]);
  assert.equal(code, 0, stderr);
  assert.match((await run(["status", "one", "--run", "dropped", "--json"])).stdout, /"theirs"/);
});

for (const name of ["logs", "runs"]) {
  test(`a link in the place of ${name}/ is refused: nothing is written behind it`, async (context) => {
    const { run, write, dir } = makePlayground(context);
    write("one.json", one);
    mkdirSync(join(dir, "elsewhere"));
    mkdirSync(join(dir, ".air-executor/jobs/one"), { recursive: true, mode: 0o700 });
    if (name === "runs") assert.equal((await run(["run", "one.json"])).code, 0);
    symlinkSync(join(dir, "elsewhere"), join(dir, ".air-executor/jobs/one", name));
    const { code, stderr } = await run(["run", "one.json"]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, new RegExp(`/one/${name} is a link or a file`));
    assert.deepEqual(readdirSync(join(dir, "elsewhere")), []);
  });
}

test("a link planted under the name of a temporary file, symbolic or hard, is not written through", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  const job = join(dir, ".air-executor/jobs/one");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  for (const [plant, name] of [linkSync, symlinkSync].flatMap((each) =>
    ["state", "tasks"].map((file) => [each, file] as const),
  )) {
    write("victim", "precious");
    rmSync(join(job, `${name}.json.tmp`), { force: true });
    plant(join(dir, "victim"), join(job, `${name}.json.tmp`));
    const { code, stderr } = await run(["run", "one.json"]);
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(join(dir, "victim"), "utf8"), "precious");
    assert.match(readFileSync(join(job, `${name}.json`), "utf8"), /completed/);
  }
});

test("a job whose logs/ was removed goes on and makes it again", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  assert.equal((await run(["submit", "one.json"])).code, 0);
  const job = join(dir, ".air-executor/jobs/one");
  rmSync(join(job, "logs"), { recursive: true });
  assert.equal((await run(["run", job])).code, 0);
  assert.equal((await run(["logs", "one", "a"])).stdout, "hello\n");
});

test("a directory that is used for other things and open to others is refused, not closed", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  for (const [name, mode] of [
    ["shared", 0o1777],
    ["project", 0o775],
  ] as const) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, "file"), "");
    chmodSync(join(dir, name), mode);
    const { code, stderr } = await run(["run", "one.json", "--dir", name]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /holds other things than jobs/);
    assert.equal(statSync(join(dir, name)).mode & 0o7777, mode);
    assert.deepEqual(readdirSync(join(dir, name)), ["file"]);
  }
});

test("an empty --dir is refused; an empty AIR_EXECUTOR_DIR is none", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  assert.equal((await run(["run", "one.json", "--dir", ""])).code, 2);
  assert.equal((await run(["run", "one.json"], { env: { AIR_EXECUTOR_DIR: "" } })).code, 0);
  assert.deepEqual(readdirSync(dir).toSorted(), [".air-executor", "one.json"]);
});

test("a signal that comes while the job is taken in exits as a signal does; the same command goes on", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("one.json", one);
  mkdirSync(join(dir, "bin"));
  const fake = join(dir, "bin/flock");
  writeFileSync(fake, '#!/bin/sh\nkill -INT $PPID\nPATH=${PATH#*:}\nexec flock "$@"\n');
  chmodSync(fake, 0o755);
  const { code, stderr } = await run(["run", "one.json"], { env: { PATH: `${join(dir, "bin")}:${process.env["PATH"]}` } });
  assert.equal(code, 130, stderr);
  assert.equal((await run(["run", "one.json"])).code, 0);
});

test(
  "progress that can't be written harms nothing; data that can't is an error",
  { skip: !existsSync("/dev/full") },
  async (context) => {
    const { write, dir } = makePlayground(context);
    write("one.json", one);
    const sh = (redirection: string): string[] => [
      "-c",
      `exec '${process.execPath}' '${main}' run one.json --json ${redirection}`,
    ];
    const blind = await follow("sh", sh("2>/dev/full"), dir, {}).ended;
    assert.equal(blind.code, 0);
    assert.match(blind.stdout, /"state":"completed"/);
    const mute = await follow("sh", sh(">/dev/full"), dir, {}).ended;
    assert.equal(mute.code, 3);
    assert.match(mute.stderr, /the output could not be written \(ENOSPC/);
    assert.doesNotMatch(mute.stderr, /\n {4}at /);
  },
);

test("data of which a disk takes only a part is an error, too", async (context) => {
  const { dir } = makePlayground(context);
  writeFileSync(join(dir, "list"), "echo one of many\n".repeat(2000));
  // As on a disk that is full then: the file is cut, in the midst of what is written at once.
  const { ended } = follow("sh", ["-c", `ulimit -f 16; exec '${process.execPath}' '${main}' import list >job.json`], dir, {});
  const { code, stderr } = await ended;
  assert.equal(code, 3);
  assert.match(stderr, /the output could not be written \(EFBIG/);
});
