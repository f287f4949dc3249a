/** Logs: in order, of the right task alone, there when they are needed. */

import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { Rig, type RunnerKind } from "./rig.js";
import { untilHolds } from "../../support/shell-loops.js";

const NO_DIRECTORY = `l ${constants.errno.ENOENT}`;

export function logsSuite(kind: RunnerKind): void {
  test("stdout and stderr stand in one log, in order, or apart", async (t) => {
    const rig = new Rig(t, kind);
    const script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done";
    rig.shell(1, script);
    rig.shell(2, script, { errorLog: "2.err" });
    await rig.ends([1, 2]);
    assert.equal(rig.log(1), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    assert.deepEqual([rig.log(2), rig.log("2.err")], ["out 1\nout 2\nout 3\n", "err 1\nerr 2\nerr 3\n"]);
  });

  const many = kind.isSlow === true ? 60 : 600;

  test(`of ${many} tasks in 8 slots each has its own words in its logs, and who said nothing has none or an empty one`, async (t) => {
    const rig = new Rig(t, kind, { slots: 8 });
    const keys = Array.from({ length: many }, (_, index) => index + 1);
    for (const key of keys) {
      const script = ["true", `echo ${key}`, `echo e${key} >&2`, `echo ${key}; echo e${key} >&2`][key % 4]!;
      rig.shell(key, script, { errorLog: `${key}.err` });
    }
    await rig.ends(keys);
    for (const key of keys) {
      assert.equal(rig.log(key), key % 2 === 1 ? `${key}\n` : "");
      assert.equal(rig.log(`${key}.err`), key % 4 > 1 ? `e${key}\n` : "");
    }
  });

  test("a log is there while its task runs", async (t) => {
    const rig = new Rig(t, kind);
    const gate = rig.fifo("gate");
    rig.shell(1, `echo up; echo trouble >&2; read x < ${gate}; echo down`, { errorLog: "1.err" });
    await rig.heard(1, "up");
    await rig.see("its process", (spool) => spool.keys("p").includes(1));
    assert.deepEqual([rig.log(1), rig.log("1.err")], ["up\n", "trouble\n"]);
    rig.release(gate);
    assert.equal(await rig.result(1), "x 0");
    assert.equal(rig.log(1), "up\ndown\n");
  });

  test("what a task reopens is appended to: nothing of it is overwritten later", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, "echo 12345678; echo warn > /dev/stderr; echo done");
    rig.shell(2, "echo 12345678; echo more >> /dev/stdout; echo done");
    await rig.ends([1, 2]);
    // Who opens it with ">" empties it; what comes then stands behind, and no bytes are made up.
    assert.equal(rig.log(1), "warn\ndone\n");
    assert.equal(rig.log(2), "12345678\nmore\ndone\n");
  });

  test("what a task leaves behind writes to that task's log, whatever ran in the slot since", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    const gate = rig.fifo("gate");
    rig.shell(1, `(read x < ${gate}; echo late; echo later >&2) &`, { errorLog: "1.err" });
    for (let key = 2; key <= 30; key++) rig.shell(key, key % 3 === 0 ? "echo out" : "true", { errorLog: `${key}.err` });
    await rig.end(30);
    rig.release(gate);
    await rig.heard(1, "late");
    for (let key = 31; key <= 40; key++) rig.run(key, ["/bin/true"], { errorLog: `${key}.err` });
    await rig.end(40);
    for (let key = 2; key <= 40; key++) {
      assert.equal(rig.log(key), key <= 30 && key % 3 === 0 ? "out\n" : "");
      assert.equal(rig.log(`${key}.err`), "");
    }
  });

  test("also what is not a descendant of the task", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    // The task stays for a moment after it has said who it is, and says nothing more: we take its log from it meanwhile.
    const taken: number[] = [];
    t.after(() => taken.forEach((fd) => closeSync(fd)));
    for (let key = 1; key <= 20; key++) {
      const told = rig.fifo(`told${key}`);
      rig.shell(key, `echo $$ > ${told}; read x < ${told}`);
      const pid = Number(readFileSync(told, "latin1"));
      taken.push(openSync(`/proc/${pid}/fd/1`, "a"));
      rig.release(told);
      assert.equal(await rig.result(key), "x 0");
    }
    for (let key = 101; key <= 120; key++) rig.run(key, ["/bin/true"]);
    await rig.end(120);
    taken.forEach((fd, index) => writeSync(fd, `of ${index + 1}\n`));
    for (let key = 121; key <= 140; key++) rig.run(key, ["/bin/true"]);
    await rig.end(140);
    for (let key = 1; key <= 20; key++) assert.equal(rig.log(key), `of ${key}\n`);
    for (let key = 101; key <= 140; key++) assert.equal(rig.log(key), "");
  });

  test("much output arrives whole", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, "i=0; while [ $i -lt 20 ]; do head -c 100000 /dev/zero; i=$((i+1)); done");
    assert.equal(await rig.result(1), "x 0");
    assert.equal(rig.log(1).length, 2_000_000);
  });

  test("a directory of logs that is removed meanwhile costs the log, not the result", async (t) => {
    const rig = new Rig(t, kind);
    rig.shell(1, `rm -rf ${rig.logs}; echo gone; exit 4`);
    assert.equal(await rig.result(1), "x 4");
    rig.shell(2, "echo two");
    assert.equal(await rig.result(2), NO_DIRECTORY);
    assert.equal(existsSync(rig.logs), false);
  });

  const aways = { removed: (logs: string) => `rm -rf ${logs}`, "moved away": (logs: string) => `mv ${logs} ${logs}~` };
  for (const [what, away] of Object.entries(aways)) {
    test(`a directory of logs that is ${what} behind a task which said nothing lets the next one of its slot not begin`, async (t) => {
      const rig = new Rig(t, kind, { slots: 1 });
      rig.shell(1, away(rig.logs));
      assert.equal(await rig.result(1), "x 0");
      rig.shell(2, "echo two");
      assert.equal(await rig.result(2), NO_DIRECTORY);
    });
  }

  test("a task that removes its own log, or moves it away, costs no other its log", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    rig.shell(1, `${untilHolds("[ -e logs/1.log ]", 0.01)}; rm logs/1.log`);
    rig.shell(2, "echo two");
    rig.shell(3, `${untilHolds("[ -e logs/3.log ]", 0.01)}; mv logs/3.log logs/moved`);
    rig.shell(4, "echo four");
    rig.shell(5, "true");
    await rig.end(5);
    assert.deepEqual([rig.log(1), rig.log(2), rig.log("moved"), rig.log(4)], ["", "two\n", "", "four\n"]);
  });

  test("a job's logs are in the directory that its context named, whatever has that number now", async (t) => {
    const rig = new Rig(t, kind, { slots: 2 });
    for (let round = 1; round <= 20; round++) {
      rig.send("x", 1);
      rig.context(1, rig.directory, [`ROUND=${round}`]);
      for (let key = round * 10; key < round * 10 + 5; key++) rig.shell(key, key % 2 === 0 ? "echo $ROUND" : "true");
    }
    await rig.see("all", (spool) => spool.of("e").length === 100);
    for (let round = 1; round <= 20; round++) assert.equal(rig.log(round * 10), `${round}\n`);
    const names = readdirSync(rig.logs).map((name) => Number.parseInt(name, 10));
    assert.ok(names.every((key) => key >= 10 && key < 205));
    rmSync(rig.logs, { recursive: true });
  });
}
