import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AirError } from "../../src/domain/errors.js";
import { lookAtHolder, silenceOfHolder, socketOfHolder } from "../../src/system/lock/lock-holder.js";
import { takeLock } from "../../src/system/lock/lock.js";
import { temporaryDirectory } from "../store/sample-job.js";
import { waitUntil } from "../support/wait-until.js";

const lockModule = fileURLToPath(new URL("../../src/system/lock/lock.js", import.meta.url));

/** A process that takes the lock, says so, and sleeps. */
async function holder(t: TestContext, path: string): Promise<ReturnType<typeof spawn>> {
  const script = `import { takeLock } from ${JSON.stringify(lockModule)};
    await takeLock(process.argv[1], "it"); console.log("held"); setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("a second taker is told who holds it and since when", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const child = await holder(t, path);
  await assert.rejects(takeLock(path, 'job "etl"'), {
    code: "AIR_LOCKED",
    message: new RegExp(
      `^job "etl" is held by process ${child.pid} since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z: wait for it, or stop it first\\.$`,
    ),
  });
});

test("a lock is gone with its owner after kill -9, and holds through SIGSTOP", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const child = await holder(t, path);
  child.kill("SIGSTOP");
  await assert.rejects(takeLock(path, "it"), { code: "AIR_LOCKED" });
  child.kill("SIGKILL");
  await once(child, "exit");
  (await takeLock(path, "it")).release();
});

test("a holder that was killed and is not all gone is waited for a moment", async (t) => {
  if (process.platform !== "linux") return t.skip("flock(1) is Linux's");
  const path = join(temporaryDirectory(t), "lock");
  const child = spawn("flock", [path, "sh", "-c", "echo held; read line"], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  writeFileSync(
    path,
    JSON.stringify({ pid: child.pid, since: new Date().toISOString(), start: "of another process", socket: null }),
  );
  const taken = takeLock(path, "it");
  // Looks go by, in this process as this pause: so there are as many left, however busy the machine is.
  await pause(50);
  child.stdin.end();
  (await taken).release();
});

test("a holder that was killed and whose memory is still being taken down is waited for", async (t) => {
  if (process.platform !== "linux") return t.skip("needs /proc");
  const path = join(temporaryDirectory(t), "lock");
  const script = `import { takeLock } from ${JSON.stringify(lockModule)};
    const memory = Buffer.alloc(1 << 30, 1);
    await takeLock(process.argv[1], "it"); console.log("held"); setTimeout(() => memory.at(0), 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  (await takeLock(path, "it")).release();
});

test("a released lock can be taken again, and subprocesses of its owner don't inherit it", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const lock = await takeLock(path, "it");
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  lock.release();
  assert.equal(lookAtHolder(path).answer, "no", "its file names us no longer");
  (await takeLock(path, "it")).release();
});

test("a holder in another pid namespace is not taken for dead: that the lock is held counts", async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip("needs root, for a pid namespace of its own");
  const path = join(temporaryDirectory(t), "lock");
  const module = fileURLToPath(new URL("../../src/system/lock/lock-holder.js", import.meta.url));
  const script = `import { lookAtHolder } from ${JSON.stringify(module)}; console.log(lookAtHolder(process.argv[1]).answer);`;
  const look = (): string => {
    const node = [process.execPath, "--input-type=module", "-e", script, path];
    return spawnSync("unshare", ["--pid", "--fork", "--mount-proc", ...node], { encoding: "utf8" }).stdout;
  };
  const child = await holder(t, path);
  const held = look();
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.deepEqual([held, look()], ["unknown\n", "no\n"]);
});

test("a lock file that was replaced does not count", async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, "lock");
  await holder(t, path);
  renameSync(path, join(dir, "old"));
  writeFileSync(path, "");
  (await takeLock(path, "it")).release();
});

test("of twenty that want it at the same instant exactly one gets it", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, "it")));
  const locks = results.filter((result) => result.status === "fulfilled");
  assert.equal(locks.length, 1);
  for (const result of results) if (result.status === "rejected") assert.equal(result.reason.code, "AIR_LOCKED");
  locks[0]!.value.release();
});

test("a flock that fails for another reason than a holder is trouble of the machine, told with its exit code", async (t) => {
  const dir = temporaryDirectory(t);
  const { PATH } = process.env;
  t.after(() => (process.env["PATH"] = PATH));
  process.env["PATH"] = `${dir}:${PATH}`;
  writeFileSync(join(dir, "flock"), "#!/bin/sh\nexit 71\n", { mode: 0o755 });
  const wanted = ["a", "b", "c"].map((name) => takeLock(join(dir, name), "it"));
  for (const { status, reason } of await settledAs(wanted)) {
    assert.deepEqual([status, reason?.code], ["rejected", "AIR_SYSTEM"]);
    assert.match(reason?.message ?? "", /exit code 71/);
  }
});

async function settledAs(promises: readonly Promise<unknown>[]): Promise<{ status: string; reason?: AirError }[]> {
  return Promise.allSettled(promises);
}

/** What another machine's process would have left in a lock's file that our file system says is free. */
function claimOfOther(path: string): void {
  writeFileSync(path, "");
  const { dev, ino } = statSync(path, { bigint: true });
  const claim = { pid: process.pid, host: "login1.else", since: "2026-01-31T12:00:00.000Z", start: "other-boot-17", socket: "s" };
  writeFileSync(path, `${JSON.stringify({ ...claim, file: `${dev + 1n}:${ino}` })}\n`);
}

test("a lock that another machine's process writes again and again is its, though the file system lets us have it", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  claimOfOther(path);
  const content = readFileSync(path);
  const beats = setInterval(() => writeFileSync(path, content), 50);
  t.after(() => clearInterval(beats));
  await assert.rejects(takeLock(path, "it"), { code: "AIR_LOCKED", message: /process \d+ on login1\.else since 2026/ });
  assert.equal(socketOfHolder(path), null, "nobody here can reach it");
  assert.deepEqual(readFileSync(path), content);
});

test("one that has been silent for long enough is free, also before its clock is compared with ours", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  claimOfOther(path);
  const old = new Date(Date.now() - 19_500);
  utimesSync(path, old, old);
  const lock = await takeLock(path, "it");
  const look = lookAtHolder(path);
  assert.equal(look.answer === "yes" && look.found.pid, process.pid);
  lock.release();
});

test("what a copy of another machine's lock says counts for nobody", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  claimOfOther(`${path}.from`);
  copyFileSync(`${path}.from`, path);
  assert.equal(lookAtHolder(path).answer, "no");
  (await takeLock(path, "it")).release();
});

test("a holder writes its file again now and then, and never after it was released", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  t.mock.method(performance, "now", () => at);
  let at = 0;
  const lock = await takeLock(path, "it");
  const old = new Date(0);
  utimesSync(path, old, old);
  lock.beat();
  assert.equal(statSync(path).mtimeMs, 0, "it has just been written");
  at = 3_500;
  const claim = (): { beat: number } => JSON.parse(readFileSync(path, "utf8")) as { beat: number };
  const before = claim();
  assert.ok(await waitUntil(() => silenceOfHolder(path)! > 20), "time goes on");
  lock.beat();
  assert.ok(statSync(path).mtimeMs > 0);
  assert.ok(claim().beat > before.beat, "the same for all processes of the machine");
  assert.deepEqual({ ...claim(), beat: before.beat }, before);
  lock.release();
  at = 9_000;
  lock.beat();
  assert.equal(readFileSync(path, "utf8"), "");
});

const IS_LINUX = process.platform === "linux";

test(
  "of several locks that nobody can be asked for together each is told why, and none is taken for held",
  { skip: !IS_LINUX },
  (t) => {
    const dir = temporaryDirectory(t);
    const script = `import { openSync } from "node:fs";
    import { flock } from ${JSON.stringify(lockModule.replace("lock.js", "flock.js"))};
    const fds = [1, 2, 3].map((number) => openSync(process.argv[1] + number, "w"));
    for (let isFull = false; !isFull;) try { openSync("/dev/null", "r"); } catch { isFull = true; }
    const all = await Promise.allSettled([...fds, ...fds].map((fd) => flock(fd)));
    console.log(all.map(({ reason }) => reason?.code).join(" "));`;
    const argv = ["--nofile=64", process.execPath, "--input-type=module", "-e", script, join(dir, "lock")];
    const { stdout, stderr } = spawnSync("prlimit", argv, { encoding: "utf8", timeout: 30_000 });
    assert.equal(stdout, "EMFILE EMFILE EMFILE EMFILE EMFILE EMFILE\n", stderr);
  },
);

test("a holder whose file was removed has it again as soon as whoever was quicker gives it back", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const lock = await takeLock(path, "it");
  t.after(() => lock.release());
  rmSync(path);
  const quicker = await takeLock(path, "it");
  const restoring = lock.restore();
  setTimeout(() => quicker.release(), 100);
  await restoring;
  assert.equal(lock.presence(), "here");
  assert.equal(lookAtHolder(path).answer, "yes");
});
