/** The mark that nobody sets: by it what outlived its runner is found. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { signal } from "../../support/processes.js";
import { waitUntil } from "../../support/wait-until.js";
import { fields, isAlive, Rig, startOf, type Being } from "../runner-suite/rig.js";
import { missing, native, program } from "./native-runner.js";

/** Who bears a mark of this runner: by key. */
function bearers(id: number): Map<number, Being[]> {
  const found = new Map<number, Being[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const limits = readFileSync(`/proc/${name}/limits`, "latin1");
      const [, soft = "", hard = ""] = /^Max file locks\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
      for (const text of new Set([soft, hard])) {
        if (!/^\d+$/.test(text) || BigInt(text) >> 32n !== BigInt(id)) continue;
        const key = Number(BigInt(text) & 0xffffffffn);
        const start = startOf(Number(name));
        if (start !== undefined) found.set(key, [...(found.get(key) ?? []), { pid: Number(name), start }]);
      }
    } catch {
      // It is gone.
    }
  }
  return found;
}

const skip = missing ?? (process.platform === "linux" ? false : "only Linux has the limit that is the mark");

describe("the mark", { skip, concurrency: 2 }, () => {
  test("a killed runner's tasks are found, whatever they did to their environment, session and soft limit", async (t) => {
    const rig = new Rig(t, native);
    rig.shell(1, "env -i setsid /bin/sh -c 'sleep 60 & prlimit --locks=5: sleep 60 & wait' & wait");
    rig.shell(2, "exec sleep 60");
    const { id, pid, mark } = (await rig.see("both", (spool) => spool.of("p").length === 2)).hello!;
    assert.equal(mark, "locks");
    signal(pid, "SIGKILL");
    await rig.exited;
    assert.ok(await waitUntil(() => (bearers(id).get(1) ?? []).length >= 4));
    const found = bearers(id);
    for (const one of [...found.values()].flat()) rig.mind(one.pid);
    assert.deepEqual(
      [...found.keys()].toSorted((a, b) => a - b),
      [1, 2],
    );
    assert.equal(found.get(2)!.length, 1);
  });

  test("a task of a runner in a task bears the inner mark, and the outer one; a stop outside ends it all", async (t) => {
    const outer = new Rig(t, native);
    const commands = Buffer.concat([
      fields("c", 1, outer.directory, outer.logs, 0),
      fields("r", 7, 1, "", "inner.log", "", "", 0, 0, 0, "/bin/sh", 3, "/bin/sh", "-c", "setsid sleep 60 & sleep 60"),
    ]);
    writeFileSync(outer.path("commands"), commands);
    // An engine that keeps the input open.
    outer.shell(1, `(cat commands; exec sleep 60) | ${program} ${outer.path("inner")} 2`);
    const isInside = (): boolean =>
      existsSync(outer.path("inner")) && readFileSync(outer.path("inner"), "latin1").includes("\np 7 ");
    assert.ok(await waitUntil(isInside));
    const [, inner = ""] = /^h 1 (\d+)/.exec(readFileSync(outer.path("inner"), "latin1"))!;
    const { id } = outer.read().hello!;
    assert.ok(Number(inner) < id, "nested deeper is less");
    assert.ok(await waitUntil(() => (bearers(Number(inner)).get(7) ?? []).length === 3));
    const tasks = bearers(Number(inner)).get(7)!;
    const all = bearers(id).get(1)!;
    assert.deepEqual(
      tasks.filter(({ pid }) => all.every((one) => one.pid !== pid)),
      [],
    );
    outer.stop(1, 100);
    await outer.end(1);
    assert.deepEqual([...tasks, ...all].filter(isAlive), []);
  });

  test("what an inner runner left when it was killed is still the outer task's", async (t) => {
    const outer = new Rig(t, native);
    const commands = Buffer.concat([
      fields("c", 1, outer.directory, outer.logs, 0),
      fields(
        "r",
        7,
        1,
        "",
        "inner.log",
        "",
        "",
        0,
        0,
        0,
        "/bin/sh",
        3,
        "/bin/sh",
        "-c",
        "env -i setsid sleep 60 & exec sleep 60",
      ),
    ]);
    writeFileSync(outer.path("commands"), commands);
    outer.shell(1, `(cat commands; exec sleep 60) | ${program} ${outer.path("inner")} 2 & wait; sleep 60`);
    const isInside = (): boolean =>
      existsSync(outer.path("inner")) && readFileSync(outer.path("inner"), "latin1").includes("\np 7 ");
    assert.ok(await waitUntil(isInside));
    const [, inner, pid] = /^h 1 (\d+) (\d+)/.exec(readFileSync(outer.path("inner"), "latin1"))!;
    assert.ok(await waitUntil(() => bearers(Number(inner)).has(7)));
    const [task] = bearers(Number(inner)).get(7)!;
    signal(Number(pid), "SIGKILL");
    const parentOf = (one: number): number => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, "latin1"))![1]);
    assert.ok(await waitUntil(() => parentOf(task!.pid) === outer.read().hello!.pid), "it is the outer runner's now");
    assert.equal(isAlive(task!), true);
    outer.stop(1, 100);
    await outer.end(1);
    assert.equal(isAlive(task!), false);
  });

  test("where the limit is too low to hold a mark, tasks run without one, and that is said", async (t) => {
    const rig = new Rig(t, native, { before: ["prlimit", "--locks=1000"] });
    rig.shell(1, "env -i setsid sleep 60 & sleep 60");
    const spool = await rig.see("its process", (text) => text.keys("p").includes(1));
    assert.equal(spool.hello!.mark, "none");
    rig.stop(1, 100);
    await rig.end(1);
    assert.deepEqual(rig.survivors(), []);
  });

  test("a process of which the first thread alone has ended is no zombie: it is ended like any other", async (t) => {
    const rig = new Rig(t, native);
    writeFileSync(
      rig.path("headless.c"),
      `#include <pthread.h>
       #include <signal.h>
       #include <unistd.h>
       static void *stay(void *none) { sleep(60); return none; }
       int main(void) { pthread_t one; signal(SIGTERM, SIG_IGN); pthread_create(&one, 0, stay, 0); pthread_exit(0); }`,
    );
    assert.equal(spawnSync("cc", ["-pthread", "-o", rig.path("headless"), rig.path("headless.c")]).status, 0);
    rig.shell(1, "setsid ./headless & echo $!; sleep 60");
    await rig.heard(1, "\n");
    const stat = `/proc/${rig.log(1).trim()}/stat`;
    assert.ok(await waitUntil(() => readFileSync(stat, "latin1").includes("(headless) Z")));
    rig.stop(1, 50);
    await rig.end(1);
    assert.equal(existsSync(stat), false);
  });
});
