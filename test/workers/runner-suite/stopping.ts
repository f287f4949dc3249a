/** Stops and limits: TERM, KILL after the grace period, to all that a task started and to nothing else. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";
import { freeze, isZombie, signal } from "../../support/processes.js";
import { waitUntil } from "../../support/wait-until.js";
import { isAlive, type Being, Rig, type RunnerKind } from "./rig.js";
import { linger, untilHolds } from "../../support/shell-loops.js";

const HOUR_MS = 3_600_000;

async function untilTold(rig: Rig, ...names: readonly string[]): Promise<void> {
  const isThere = (name: string): boolean => existsSync(rig.path(name)) && readFileSync(rig.path(name), "latin1").endsWith("\n");
  assert.ok(await waitUntil(() => names.every(isThere)), `told: ${names.join(", ")}`);
}

/** Processes whose pids a task wrote, one a line, each to a file of its own. */
async function told(rig: Rig, ...names: readonly string[]): Promise<Being[]> {
  await untilTold(rig, ...names);
  return names.map((name) => rig.mind(Number(readFileSync(rig.path(name), "latin1"))));
}

/** Where a task was not yet ready for the end of its time, which is false, it is played again with more. */
async function withLimit(firstMs: number, play: (limitMs: number) => Promise<boolean>): Promise<void> {
  for (let limitMs = firstMs; !(await play(limitMs)); limitMs *= 4) assert.ok(limitMs < 10_000, "a task needs longer to begin");
}

/** A runner that got a signal, and then three tasks of it ended; null if that has taken longer than what it marks. */
async function signalled(t: TestContext, kind: RunnerKind, name: NodeJS.Signals): Promise<Rig | null> {
  const rig = new Rig(t, kind);
  rig.shell(1, `echo up; ${untilHolds("test -e gate")}; exit 3`);
  rig.shell(2, `echo up; ${untilHolds("test -e gate")}`);
  rig.shell(3, `echo up; ${untilHolds("test -e gate")}; kill -9 $$`);
  for (const key of [1, 2, 3]) await rig.heard(key, "up");
  const at = performance.now();
  rig.child.kill(name);
  writeFileSync(rig.path("gate"), "");
  assert.deepEqual([await rig.result(1), await rig.result(2), await rig.result(3)], ["x 3", "x 0", "s 9"]);
  return performance.now() - at < 1_000 ? rig : null;
}

export function stoppingSuite(kind: RunnerKind): void {
  test("a stop is on record before it is felt, and the task's own exit code is told", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, `trap 'grep -c "^k 1 " ${rig.spool}; exit 42' TERM; echo up; ${linger(0.01)}`);
    await rig.heard(1, "up");
    rig.stop(1, HOUR_MS);
    assert.equal(await rig.result(1), "x 42");
    assert.match(rig.log(1), /^up\n(?:Terminated\n)?1\n$/);
    assert.match(rig.read().story(1), /^bp?kp?e$/);
  });

  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    test(`${name} to the runner ends nothing; what fails within a second of it is marked, and nothing else`, async (t) => {
      let rig = await signalled(t, kind, name);
      // A machine that was too busy for all to fail within a second.
      for (let round = 0; rig === null && round < 20; round++) rig = await signalled(t, kind, name);
      assert.ok(rig !== null, "the tasks fail in time");
      const marked = rig.read().keys("a");
      assert.deepEqual(
        marked.toSorted((one, other) => one - other),
        [1, 3],
      );
      await pause(1100);
      rig.shell(4, "exit 3");
      assert.equal(await rig.result(4), "x 3");
      assert.deepEqual(rig.read().keys("a"), marked);
    });
  }

  test("who does not hear TERM is killed after the grace period; less grace comes sooner, more does not come later", async (t) => {
    const rig = new Rig(t, kind);
    for (const key of [1, 2, 3]) rig.shell(key, `trap "" TERM; echo up; ${linger(0.01)}`);
    for (const key of [1, 2, 3]) await rig.heard(key, "up");
    rig.stop(1, 50);
    rig.stop(2, HOUR_MS);
    rig.stop(3, 200);
    rig.stop(3, HOUR_MS);
    assert.equal(await rig.result(1), "s 9");
    rig.stop(2, 20);
    assert.deepEqual([await rig.result(2), await rig.result(3)], ["s 9", "s 9"]);
    for (const key of [1, 2, 3])
      assert.deepEqual(
        rig
          .read()
          .keys("k")
          .filter((one) => one === key),
        [key],
      );
  });

  test("less grace comes sooner for the next one in its slot, too", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    for (const key of [1, 2]) rig.shell(key, `trap "" TERM; echo up; ${linger(0.01)}`);
    await rig.heard(1, "up");
    rig.stop(1, 0);
    await rig.heard(2, "up");
    rig.stop(2, HOUR_MS);
    await rig.see("its stop", (spool) => spool.keys("k").includes(2));
    rig.stop(2, 20);
    assert.equal(await rig.result(2), "s 9");
  });

  test("no grace at all is KILL at once", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, `trap "" TERM; echo up; ${linger(0.01)}`);
    await rig.heard(1, "up");
    rig.stop(1, 0);
    assert.equal(await rig.result(1), "s 9");
  });

  test("what has ended while its runner was stopped was ended by nobody, also if it was to be stopped, or its time is over", async (t) => {
    await withLimit(500, async (limitMs) => {
      const rig = new Rig(t, kind);
      const begun = performance.now();
      rig.shell(1, `echo $$ >one; ${untilHolds("[ -e go ]")}`);
      rig.shell(2, `echo $$ >two; ${untilHolds("[ -e go ]")}`, { limitMs });
      await untilTold(rig, "one", "two");
      assert.ok(await freeze(rig.child.pid!));
      if (performance.now() - begun >= limitMs) return false;
      const tasks = await told(rig, "one", "two");
      writeFileSync(rig.path("go"), "");
      for (const { pid } of tasks) assert.ok(await isZombie(pid));
      rig.stop(1, HOUR_MS);
      assert.ok(await waitUntil(() => performance.now() - begun > 2 * limitMs));
      signal(rig.child.pid!, "SIGCONT");
      assert.deepEqual([await rig.result(1), await rig.result(2)], ["x 0", "x 0"]);
      assert.match(rig.read().story(1) + rig.read().story(2), /^[^kt]+$/);
      return true;
    });
  });

  test("a stopped task acts on TERM, since it is let go on", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, "echo up; kill -STOP $$; sleep 60");
    await rig.heard(1, "up");
    rig.stop(1, HOUR_MS);
    assert.equal(await rig.result(1), "s 15");
  });

  test("a limit ends the task, and only then; the first reason stands", async (t) => {
    await withLimit(60, async (limitMs) => {
      const rig = new Rig(t, kind);
      rig.shell(1, `trap "exit 5" TERM; echo up; ${linger(0.01)}`, { limitMs });
      rig.shell(2, `trap "" TERM; echo up; ${linger(0.01)}`, { limitMs, graceMs: 60 });
      rig.shell(3, "exit 6", { limitMs: HOUR_MS });
      rig.shell(4, `trap "" TERM; echo up; ${linger(0.01)}`, { limitMs, graceMs: HOUR_MS });
      await rig.see("the limit of 4", (spool) => spool.keys("t").includes(4));
      rig.stop(4, 10);
      const results = await Promise.all([1, 2, 3, 4].map((key) => rig.result(key)));
      if (![1, 2, 4].every((key) => rig.log(key).startsWith("up\n"))) return false;
      assert.deepEqual(results, ["x 5", "s 9", "x 6", "s 9"]);
      assert.deepEqual(new Set(rig.read().keys("t")), new Set([1, 2, 4]));
      assert.deepEqual(rig.read().keys("k"), []);
      return true;
    });
  });

  test("limits and grace periods go on when the engine is gone", async (t) => {
    await withLimit(300, async (limitMs) => {
      const rig = new Rig(t, kind);
      rig.shell(1, `trap "" TERM; echo up; ${linger(0.01)}`, { limitMs, graceMs: 100 });
      rig.shell(2, `trap "" TERM; echo up; ${linger(0.01)}`);
      await rig.see("the first one's beginning", (spool) => rig.log(1) !== "" || spool.end(1) !== undefined);
      if (rig.log(1) === "") return false;
      await rig.heard(2, "up");
      rig.stop(2, 400);
      assert.equal(await rig.closed(), 0);
      const spool = rig.read();
      assert.deepEqual([spool.end(1)!.value, spool.end(2)!.value], [9, 9]);
      assert.deepEqual([spool.keys("t"), spool.keys("k")], [[1], [2]]);
      return true;
    });
  });

  test("a stop ends all that the task started: in its group, in sessions of their own, orphans without environment", async (t) => {
    const rig = new Rig(t, kind);
    // Each ignores TERM, tells its pid in the file that it is given, and stays.
    writeFileSync(rig.path("stay"), `trap "" TERM; echo $$ > "$1"; ${linger(0.1)}\n`);
    writeFileSync(rig.path("daemon"), "env -i setsid /bin/sh stay orphan & exit 0\n");
    writeFileSync(rig.path("nested"), "setsid sh stay deep & wait\n");
    rig.shell(1, "sh stay inside & setsid sh stay session & sh daemon; setsid sh nested & wait; sleep 60");
    const beings = await told(rig, "inside", "session", "orphan", "deep");
    assert.ok(beings.every(isAlive));
    rig.stop(1, 200);
    const end = await rig.end(1);
    assert.deepEqual([end.how, beings.filter(isAlive)], ["s", []]);
    assert.deepEqual(rig.read().keys("w"), []);
  });

  test("what is left when the main process has heard TERM still has its grace period", async (t) => {
    const rig = new Rig(t, kind);
    const gate = rig.fifo("gate");
    rig.shell(1, `sh -c 'trap "read x < ${gate}; echo saved; exit" TERM; echo $$ > child; ${linger(0.01)}' & wait`);
    rig.shell(2, `setsid sh -c 'trap "read x < ${gate}; echo saved; exit" TERM; echo $$ > other; ${linger(0.01)}' & wait`);
    const beings = await told(rig, "child", "other");
    rig.stop(1, HOUR_MS);
    rig.stop(2, HOUR_MS);
    await rig.see("both stops", (spool) => spool.keys("k").length === 2);
    rig.run(3, ["/bin/true"]);
    await rig.end(3);
    assert.deepEqual(rig.read().keys("e"), [3], "no end before nothing is left");
    assert.ok(beings.every(isAlive));
    rig.release(gate, 2);
    assert.ok(await waitUntil(() => rig.log(1).includes("saved") || rig.log(2).includes("saved")));
    if (beings.some(isAlive)) rig.release(gate, 2);
    await rig.ends([1, 2]);
    assert.deepEqual(
      [rig.log(1), rig.log(2)].map((log) => log.trim().split("\n").at(-1)),
      ["saved", "saved"],
    );
  });

  test("what a task starts to clean up after TERM is left alone", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, `trap 'setsid sh -c "sleep 0.3; echo cleaned"; exit 0' TERM; echo up; ${linger(0.01)}`);
    await rig.heard(1, "up");
    rig.stop(1, HOUR_MS);
    assert.equal(await rig.result(1), "x 0");
    assert.match(rig.log(1), /^up\n(?:Terminated\n)?cleaned\n$/);
  });

  test("a task that ends by itself may leave something behind: it is left alone and told of", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    rig.shell(1, `setsid sh -c 'echo $$ > daemon; exec sleep 60' & ${untilHolds("[ -s daemon ]", 0.01)}`);
    assert.equal(await rig.result(1), "x 0");
    const [daemon] = await told(rig, "daemon");
    await rig.see("that something is left", (spool) => spool.keys("w").includes(1));
    assert.deepEqual(rig.read().of("w"), [{ type: "w", key: 1, rest: ["1"] }]);
    // The next one in its slot is ended with all that is its own.
    rig.shell(2, "setsid sh -c 'echo $$ > second; exec sleep 60' & sleep 60");
    const [second] = await told(rig, "second");
    rig.stop(2, 100);
    await rig.end(2);
    assert.deepEqual([isAlive(daemon!), isAlive(second!)], [true, false]);
    assert.equal(await rig.closed(), 0);
    assert.equal(isAlive(daemon!), true);
  });

  test("a stop does not touch another task or what it left", async (t) => {
    const rig = new Rig(t, kind, { slots: 3 });
    const gate = rig.fifo("gate");
    rig.shell(1, `setsid sh -c 'echo $$ > one; exec sleep 60' & echo up; read x < ${gate}`);
    rig.shell(2, "setsid sh -c 'echo $$ > two; exec sleep 60' & sleep 60");
    rig.shell(3, `setsid sh -c 'echo $$ > three; exec sleep 60' & ${untilHolds("[ -s three ]", 0.01)}`);
    const [one, two, three] = await told(rig, "one", "two", "three");
    await rig.end(3);
    rig.stop(2, 50);
    await rig.end(2);
    assert.deepEqual([isAlive(one!), isAlive(two!), isAlive(three!)], [true, false, true]);
    rig.release(gate);
    assert.equal(await rig.result(1), "x 0");
    assert.equal(isAlive(one!), true);
  });

  test("who keeps starting a successor in a session of its own does not get away", async (t) => {
    const rig = new Rig(t, kind);
    writeFileSync(rig.path("hop"), 'trap "" TERM; echo x >> trail; setsid sh "$0" & exit 0\n');
    rig.shell(1, "sh hop; sleep 60");
    assert.ok(await waitUntil(() => existsSync(rig.path("trail")) && readFileSync(rig.path("trail")).length > 20));
    rig.stop(1, 20);
    assert.equal(await rig.result(1), "s 15");
    const length = readFileSync(rig.path("trail")).length;
    rig.shell(2, "sleep 0.2");
    await rig.end(2);
    assert.equal(readFileSync(rig.path("trail")).length, length);
  });

  test("a task that waits for its input to be opened can be stopped, and times out", async (t) => {
    const rig = new Rig(t, kind);
    rig.run(1, ["/bin/cat"], { stdin: rig.fifo("never") });
    rig.run(2, ["/bin/cat"], { stdin: rig.path("never"), limitMs: 50 });
    rig.run(3, ["/bin/cat"], { stdin: rig.fifo("input") });
    await rig.see("its begin", (spool) => spool.keys("b").includes(1));
    rig.stop(1, 100);
    assert.equal((await rig.end(1)).how, "s");
    assert.equal((await rig.end(2)).how, "s");
    writeFileSync(rig.path("input"), "through");
    assert.equal(await rig.result(3), "x 0");
    assert.equal(rig.log(3), "through");
  });

  test("a stop of what is over, unknown or queued: nothing, nothing, dropped", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    const gate = rig.fifo("gate");
    rig.run(1, ["/bin/true"]);
    await rig.end(1);
    rig.shell(2, `read x < ${gate}`);
    rig.run(3, ["/bin/true"]);
    rig.run(4, ["/bin/true"]);
    rig.stop(1, 0);
    rig.stop(99, 0);
    rig.stop(3, 0);
    await rig.see("the drop", (spool) => spool.keys("d").includes(3));
    rig.release(gate);
    assert.equal(await rig.result(4), "x 0");
    const spool = rig.read();
    assert.deepEqual([spool.story(3), spool.keys("k"), spool.keys("d")], ["d", [], [3]]);
  });

  test("of tasks that are stopped at random instants each is dropped, ends by itself or is ended, and nothing is left", async (t) => {
    const seed = takeSeed();
    t.diagnostic(`TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const rig = new Rig(t, kind, { slots: 6 });
    const keys = Array.from({ length: 150 }, (_, index) => index + 1);
    const scripts = ["true", "echo x", "sleep 0.02", "setsid sleep 60 & sleep 60", "(sleep 60 &) ; sleep 60"];
    for (const key of keys) {
      rig.shell(key, random.pick(scripts));
      // Every task that would not end by itself is stopped, sooner or later; some are stopped twice, some before they begin.
      if (random.chance(0.7)) rig.stop(random.between(1, key), random.pick([0, 0, 5, 500]));
      if (random.chance(0.1)) await new Promise((resolve) => setTimeout(resolve, random.between(0, 20)));
    }
    for (const key of keys.toReversed()) rig.stop(key, random.pick([0, 10]));
    const spool = await rig.see("all", (text) => keys.every((key) => /[de]$|[de][w]$/.test(text.story(key).replace(/p$/, ""))));
    for (const key of keys) assert.match(spool.story(key), /^(?:d|bp?[kt]?p?ep?w?)$/, `${key}`);
    assert.deepEqual(rig.survivors(), []);
    assert.equal(await rig.closed(), 0);
  });
}
