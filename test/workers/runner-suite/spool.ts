/** The spool: who writes it, that its lock is a sign of life, and what a full disk does to it. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { signal } from "../../support/processes.js";
import { waitUntil } from "../../support/wait-until.js";
import { isAlive, Rig, type RunnerKind } from "./rig.js";

const isLocked = (path: string): boolean => spawnSync("flock", ["-n", "-s", path, "true"]).status === 1;

/** A file system that is soon full. */
function smallDisk(t: TestContext, options: string): string {
  const place = mkdtempSync(join(tmpdir(), "air-runner-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place]);
  t.after(() => {
    execFileSync("umount", ["-l", place]);
    rmSync(place, { recursive: true });
  });
  return place;
}

const needsLinux = process.platform === "linux" ? false : "prlimit is Linux's";
const needsRoot = process.getuid?.() === 0 && process.platform === "linux" ? false : "mounting a small tmpfs needs root on Linux";

export function spoolSuite(kind: RunnerKind): void {
  test("the first line says who writes it", async (t) => {
    const rig = new Rig(t, kind);
    const { hello } = await rig.see("the hello", (spool) => spool.hello !== undefined);
    const stat = readFileSync(`/proc/${hello!.pid}/stat`, "latin1");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    assert.deepEqual([hello!.version, hello!.start, hello!.boot], [1, start, boot]);
    assert.ok(hello!.id > 0 && hello!.id < 2 ** 31);
    assert.equal(statSync(rig.spool).mode & 0o777, 0o600);
    const other = new Rig(t, kind);
    const { hello: second } = await other.see("the hello", (spool) => spool.hello !== undefined);
    assert.notEqual(second!.id, hello!.id);
  });

  test("what runs for longer is on record with its process", async (t) => {
    const rig = new Rig(t, kind);
    const gate = rig.fifo("gate");
    rig.shell(1, `echo $$; read x < ${gate}`);
    const spool = await rig.see("its process", (text) => text.keys("p").includes(1));
    const [pid, start] = spool.of("p")[0]!.rest;
    await rig.heard(1, "\n");
    assert.equal(pid, rig.log(1).trim());
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    assert.equal(start, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    rig.release(gate);
    assert.equal(await rig.result(1), "x 0");
  });

  test("the lock is held while the runner lives, and free when it was killed, although its task lives", async (t) => {
    const rig = new Rig(t, kind, { slots: 2 });
    rig.shell(1, "echo $$; exec sleep 60");
    // Before its exec for good: it waits for an input that nobody writes.
    const input = rig.fifo("never");
    rig.run(2, ["/bin/cat"], { stdin: input });
    await rig.heard(1, "\n");
    await rig.see("both", (spool) => spool.keys("p").includes(1) && spool.of("b").length === 2);
    const task = rig.mind(Number(rig.log(1)));
    assert.equal(isLocked(rig.spool), true);
    signal(rig.read().hello!.pid, "SIGKILL");
    assert.ok(await waitUntil(() => !isLocked(rig.spool)));
    assert.equal(isAlive(task), true);
    assert.match(rig.read().story(1), /^bp$/);
    rig.release(input);
  });

  test("on a full disk nothing begins, stops go on, and all is exact when there is room", { skip: needsRoot }, async (t) => {
    const place = smallDisk(t, "size=64k");
    const rig = new Rig(t, kind, { spool: join(place, "spool"), slots: 4 });
    mkdirSync(rig.path("ran"));
    rig.shell(1, "echo $$; exec sleep 60");
    await rig.see("its process", (spool) => spool.keys("p").includes(1));
    await rig.heard(1, "\n");
    const task = rig.mind(Number(rig.log(1)));
    spawnSync("sh", ["-c", `cat /dev/zero > ${place}/fill`]);
    const keys = Array.from({ length: 400 }, (_, index) => index + 2);
    for (const key of keys) rig.shell(key, `: > ran/${key}; exit ${key % 100}`);
    assert.ok(await waitUntil(() => statSync(rig.spool).size % 4_096 === 0), "the page is full");
    const ran = readdirSync(rig.path("ran")).map(Number);
    assert.ok(ran.length < 300 && ran.every((key) => rig.read().keys("b").includes(key)), "none runs that is not on record");
    rig.stop(1, 10_000);
    rig.stop(401, 0);
    // Those of the head wait for their begin.
    for (const key of keys.slice(ran.length, ran.length + 4)) rig.stop(key, 0);
    assert.ok(await waitUntil(() => !isAlive(task)), "a stop needs no room");
    assert.deepEqual(rig.read().keys("k"), []);
    rmSync(join(place, "fill"));
    const spool = await rig.see("all", (text) => keys.every((key) => /[de]$/.test(text.story(key).replace(/p$/, ""))));
    assert.match(spool.story(1), /^bpke$/);
    for (const key of keys) {
      assert.match(spool.story(key), /^(?:d|bp?k?p?ep?)$/);
      const end = spool.end(key);
      if (end?.how === "x") assert.equal(end.value, key % 100);
      assert.equal(spool.keys("b").includes(key), readdirSync(rig.path("ran")).includes(String(key)) || end?.how === "s");
    }
    assert.deepEqual([spool.story(401), spool.of("d").length <= 6], ["d", true]);
    assert.equal(await rig.closed(), 0);
  });

  test("the bell says that the spool takes nothing, and when it does again", { skip: needsRoot }, async (t) => {
    const place = smallDisk(t, "size=4k");
    const rig = new Rig(t, kind, { spool: join(place, "spool") });
    let last = "";
    rig.child.stdout!.on("data", (bells: Buffer) => (last = bells.toString().at(-1)!));
    const keys = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const key of keys) rig.run(key, ["/bin/true"]);
    assert.ok(await waitUntil(() => last === "?"), "it takes nothing");
    execFileSync("mount", ["-o", "remount,size=64k", place]);
    await rig.ends(keys);
    assert.ok(await waitUntil(() => last === "!"), "it takes all");
    assert.equal(await rig.closed(), 0);
  });

  test("a spool that may not grow begins nothing, and keeps no runner whose engine is gone", { skip: needsLinux }, async (t) => {
    // Valgrind and the sanitizer of threads write files of their own before the runner begins.
    if (kind.isSlow && spawnSync("prlimit", ["--fsize=0", ...kind.command]).signal === "SIGXFSZ")
      return t.skip("what it runs under may write nothing");
    const rig = new Rig(t, kind, { before: ["prlimit", "--fsize=0"] });
    rig.shell(1, "echo ran > ran");
    assert.equal(await rig.closed(), 0);
    assert.equal(statSync(rig.spool).size, 0);
    assert.equal(existsSync(rig.path("ran")), false);
  });

  test("so it is when it may grow no more", { skip: needsLinux }, async (t) => {
    const rig = new Rig(t, kind, { before: ["prlimit", "--fsize=400"] });
    const keys = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const key of keys) rig.shell(key, `: > ran-${key}`);
    assert.ok(await waitUntil(() => (statSync(rig.spool, { throwIfNoEntry: false })?.size ?? 0) > 300));
    assert.equal(await rig.closed(), 0);
    const begun = rig.read().keys("b");
    for (const key of keys)
      if (existsSync(rig.path(`ran-${key}`))) assert.ok(begun.includes(key), `${key} ran, and is not on record`);
    assert.ok(begun.length < keys.length);
  });

  test("on a full disk a log is waited for, not lost", { skip: needsRoot }, async (t) => {
    const rig = new Rig(t, kind);
    const place = smallDisk(t, "size=64k,nr_inodes=8");
    rig.context(2, rig.directory, [], place);
    for (let index = 0; index < 7; index++) writeFileSync(join(place, `n${index}`), "");
    rig.shell(1, "echo said", { context: 2 });
    const { how, value } = await rig.end(1);
    // Either there was no inode for a log, and that is told so that it is tried again, or it is all there.
    if (how === "l") assert.equal(value, 28);
    else assert.equal(readFileSync(join(place, "1.log"), "latin1"), "said\n");
    rmSync(join(place, "n0"));
    rig.shell(2, "echo said", { context: 2 });
    assert.equal(await rig.result(2), "x 0");
    assert.equal(readFileSync(join(place, "2.log"), "latin1"), "said\n");
  });
}
