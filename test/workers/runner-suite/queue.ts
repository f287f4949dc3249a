/** The queue, the end of the input, contexts, the bell. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fields, Rig, type RunnerKind } from "./rig.js";
import { waitUntil } from "../../support/wait-until.js";
import { SpoolText } from "./spool-text.js";

export function queueSuite(kind: RunnerKind): void {
  test("tasks begin in the order in which they came, as many at once as there are slots", async (t) => {
    const rig = new Rig(t, kind, { slots: 3 });
    const keys = Array.from({ length: 60 }, (_, index) => index + 1);
    for (const key of keys) rig.shell(key, "echo + >> count; echo - >> count");
    await rig.ends(keys);
    let most = 0;
    let open = 0;
    for (const { type } of rig.read().lines) {
      if (type === "b") open += 1;
      if (type === "e") open -= 1;
      most = Math.max(most, open);
    }
    assert.equal(most, 3);
    const one = new Rig(t, kind, { slots: 1 });
    for (const key of keys) one.run(key, ["/bin/true"]);
    await one.ends(keys);
    assert.deepEqual(one.read().keys("b"), keys);
  });

  test("the queue is dropped when that is asked for; what runs is not", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    const gate = rig.fifo("gate");
    rig.shell(1, `echo up; read x < ${gate}; exit 3`);
    for (let key = 2; key <= 20; key++) rig.run(key, ["/bin/true"]);
    await rig.heard(1, "up");
    rig.send("q");
    const spool = await rig.see("the drops", (text) => text.of("d").length === 19);
    assert.deepEqual(spool.keys("b"), [1]);
    rig.run(21, ["/bin/true"]);
    rig.release(gate);
    assert.deepEqual([await rig.result(1), await rig.result(21)], ["x 3", "x 0"]);
  });

  test("at the end of the input the queue is dropped, that is said, what runs ends, and the runner goes", async (t) => {
    const rig = new Rig(t, kind, { slots: 2 });
    const gate = rig.fifo("gate");
    for (const key of [1, 2]) rig.shell(key, `echo up; read x < ${gate}; exit ${key}`);
    for (let key = 3; key <= 40; key++) rig.run(key, ["/bin/true"]);
    await rig.heard(1, "up");
    await rig.heard(2, "up");
    rig.close();
    const waiting = await rig.see("the q", (spool) => spool.of("q").length === 1);
    assert.deepEqual([new Set(waiting.keys("b")), waiting.of("d").length, waiting.of("e").length], [new Set([1, 2]), 38, 0]);
    assert.equal(rig.child.exitCode, null);
    rig.release(gate, 2);
    const spool = await rig.see("an end", (text) => text.of("e").length > 0);
    if (spool.of("e").length === 1) rig.release(gate);
    assert.equal(await rig.exited, 0);
    const last = rig.read();
    assert.deepEqual([last.end(1)!.value, last.end(2)!.value], [1, 2]);
    assert.equal(last.lines.findLast(({ type }) => type === "b" || type === "q")?.type, "q");
  });

  test("a command that is cut off by the end of the input is no command", async (t) => {
    const rig = new Rig(t, kind);
    rig.run(1, ["/bin/true"]);
    await rig.end(1);
    rig.child.stdin!.write("r\x002\x001\x00\x00");
    assert.equal(await rig.closed(), 0);
    assert.deepEqual(rig.read().keys("b"), [1]);
  });

  test("commands may come in pieces of any size", async (t) => {
    const rig = new Rig(t, kind);
    const long = "x".repeat(100_000);
    const args = ["/bin/sh", "-c", 'echo "${#V}"'];
    const task = (key: number): Buffer =>
      fields("r", key, 1, "", `${key}.log`, "", "", 0, 0, 1, `V=${long}`, args[0]!, args.length, ...args);
    const all = Buffer.concat([1, 2, 3].map(task));
    for (let at = 0; at < 600; at++) {
      rig.child.stdin!.write(all.subarray(at, at + 1));
      if (at % 20 === 0) await new Promise(setImmediate);
    }
    for (let at = 600; at < all.length; at += 7_001) rig.child.stdin!.write(all.subarray(at, at + 7_001));
    await rig.ends([1, 2, 3]);
    assert.deepEqual([rig.log(1), rig.log(2), rig.log(3)], ["100000\n", "100000\n", "100000\n"]);
  });

  test("what is no command: like the end of the input, exit code 2, a line on stderr, and what runs is not harmed", async (t) => {
    const wrong: readonly (readonly (string | number)[])[] = [
      ["z"],
      [""],
      ["run"],
      ["r", "x", 1, "", "a.log", "", "", 0, 0, 0, "/bin/true", 1, "/bin/true"],
      ["r", 5, 7, "", "a.log", "", "", 0, 0, 0, "/bin/true", 1, "/bin/true"],
      ["r", 4_294_967_296, 1, "", "a.log", "", "", 0, 0, 0, "/bin/true", 1, "/bin/true"],
      ["r", 5, 1, "", "a.log", "", "", -1, 0, 0, "/bin/true", 1, "/bin/true"],
      ["r", 5, 1, "", "a.log", "", "", 0, 0, 0, "/bin/true", 0],
      ["s", "", 0],
      ["x", "1e3"],
      ["c", -1, "/", "/", 0],
    ];
    for (const command of wrong) {
      const rig = new Rig(t, kind, { slots: 1 });
      const gate = rig.fifo("gate");
      rig.shell(1, `echo up; read x < ${gate}; exit 9`);
      rig.run(2, ["/bin/true"]);
      await rig.heard(1, "up");
      rig.send(...command);
      await rig.see("the q", (spool) => spool.of("q").length === 1);
      rig.release(gate);
      assert.equal(await rig.exited, 2, JSON.stringify(command));
      assert.match(rig.complaint, /^[^\n]+\n$/);
      assert.deepEqual([rig.read().end(1)!.value, rig.read().story(2)], [9, "d"]);
    }
  });

  test("a context serves tasks until it is forgotten, those too that still wait", async (t) => {
    const rig = new Rig(t, kind, { slots: 1 });
    const gate = rig.fifo("gate");
    mkdirSync(rig.path("two"));
    rig.context(2, rig.path("two"), ["WHICH=two"], rig.path("two"));
    rig.shell(1, `read x < ${gate}`);
    for (let key = 2; key <= 5; key++) rig.shell(key, "pwd; echo $WHICH", { context: 2 });
    rig.send("x", 2);
    rig.context(2, rig.directory, ["WHICH=other"]);
    rig.shell(6, "echo $WHICH", { context: 2 });
    rig.release(gate);
    await rig.ends([1, 2, 3, 4, 5, 6]);
    for (let key = 2; key <= 5; key++) assert.equal(rig.log(`../two/${key}.log`), `${rig.path("two")}\ntwo\n`);
    assert.equal(rig.log(6), "other\n");
  });

  test("the bell is rung when there is something new, and the last one when all is there", async (t) => {
    const rig = new Rig(t, kind, { slots: 2 });
    let seen = 0;
    let rings = 0;
    rig.child.stdout!.on("data", (chunk: Buffer) => {
      assert.match(chunk.toString(), /^!+$/);
      rings += chunk.length;
      seen = new SpoolText(readFileSync(rig.spool)).of("e").length;
    });
    for (let round = 1; round <= 5; round++) {
      for (let key = round * 100; key < round * 100 + 40; key++) rig.run(key, ["/bin/true"]);
      await rig.see("the round", (spool) => spool.of("e").length === round * 40);
      assert.ok(await waitUntil(() => seen === round * 40), "who reads at each bell has read it all");
    }
    // A ring may still be on its way: who hears it reads the spool, which goes with the test.
    assert.equal(await rig.closed(), 0);
    assert.ok(rings >= 5 && rings <= 600, `${rings} rings`);
  });

  test("the bell is rung for a task that lasts, also when nothing ends", async (t) => {
    const rig = new Rig(t, kind);
    let known: number[] = [];
    rig.child.stdout!.on("data", () => (known = new SpoolText(readFileSync(rig.spool)).of("p").map(({ key }) => key)));
    rig.run(1, ["sleep", "60"]);
    assert.ok(await waitUntil(() => known.includes(1)), "who reads at each bell has read it");
    rig.child.stdout!.removeAllListeners("data").resume();
    rig.stop(1, 0);
    await rig.ends([1]);
  });

  test("nobody has to listen: a closed bell ends nothing", async (t) => {
    const rig = new Rig(t, kind);
    rig.child.stdout!.destroy();
    for (let key = 1; key <= 50; key++) rig.run(key, ["/bin/true"]);
    await rig.ends(Array.from({ length: 50 }, (_, index) => index + 1));
    assert.equal(await rig.closed(), 0);
  });

  test("a bell that is full holds nothing up", async (t) => {
    // Fills what it is given for the bell, until no more goes in.
    const before = ["/bin/sh", "-c", 'dd if=/dev/zero bs=1 oflag=nonblock 2>/dev/null; exec "$0" "$@"'];
    const rig = new Rig(t, kind, { before });
    rig.child.stdout!.pause();
    const keys = Array.from({ length: 50 }, (_, index) => index + 1);
    for (const key of keys) rig.run(key, ["/bin/true"]);
    await rig.ends(keys);
    rig.child.stdout!.resume();
    assert.equal(await rig.closed(), 0);
  });
}
