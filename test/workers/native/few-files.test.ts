/** A runner that may open few files: what its slots keep ready for their next tasks is not to be in the way of those that could run now. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { waitUntil } from "../../support/wait-until.js";
import { Rig } from "../runner-suite/rig.js";
import { missing, native } from "./native-runner.js";

const skip = missing ?? (process.platform === "linux" ? false : "prlimit is Linux's");
const SLOTS = 8;
/** Far more than it takes. */
const ROUNDS = 500;

test("logs that idle slots keep for their next tasks give way where no file can be opened", { skip }, async (t) => {
  const rig = new Rig(t, native, { slots: SLOTS });
  const keys = Array.from({ length: SLOTS }, (_, index) => index + 1);
  const gate = rig.fifo("gate");
  // So many slots are there then.
  for (const key of keys) rig.shell(key, `read x < ${gate}`);
  await rig.see("all of them", (spool) => keys.every((key) => spool.keys("p").includes(key)));
  rig.release(gate, SLOTS);
  await rig.ends(keys);
  const { pid } = rig.child;
  const open = readdirSync(`/proc/${pid}/fd`).length;
  execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${open + 3}:`]);
  // Two logs each: where one of them takes the last handle, the other one can not be opened.
  let [left, key] = [SLOTS, SLOTS];
  for (let round = 0; round < ROUNDS && left > 0; round++) {
    const tries = Array.from({ length: left }, () => ++key);
    for (const number of tries) rig.run(number, ["/bin/true"], { errorLog: `${number}.err` });
    for (const { how, value } of await rig.ends(tries)) {
      if (how === "x") left -= 1;
      else assert.deepEqual([how, value], ["l", 24]);
    }
  }
  assert.equal(left, 0);
  assert.equal(await rig.closed(), 0);
});

test("directories of logs of which no task is there give way where no file can be opened", { skip }, async (t) => {
  const rig = new Rig(t, native, { slots: 2 });
  rig.run(1, ["/bin/true"]);
  await rig.end(1);
  const { pid } = rig.child;
  execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${readdirSync(`/proc/${pid}/fd`).length + 6}:`]);
  let key = 1;
  for (let context = 2; context < 20; context++) {
    const logs = rig.path(`logs-${context}`);
    mkdirSync(logs);
    rig.context(context, rig.directory, [], logs);
    let how = "";
    for (let round = 0; round < ROUNDS && how !== "x"; round++) {
      rig.run(++key, ["/bin/true"], { context, errorLog: "err" });
      how = (await rig.end(key)).how;
    }
    assert.equal(how, "x", `of job ${context}`);
  }
  assert.equal(await rig.closed(), 0);
});

test("a task is ended where logs that idle slots keep have taken all handles", { skip }, async (t) => {
  const rig = new Rig(t, native, { slots: SLOTS });
  const { pid } = rig.child;
  const directory = `/proc/${pid}/fd`;
  rig.shell(1, "exec sleep 60");
  await rig.see("it runs", (spool) => spool.keys("p").includes(1));
  let key = 1;
  // A task that takes longer leaves nothing for the next one.
  const isKept = (): boolean => {
    rig.run(++key, ["/bin/true"]);
    return readdirSync(directory).some((fd) => linkOf(`${directory}/${fd}`).endsWith("(deleted)"));
  };
  assert.ok(await waitUntil(isKept));
  await rig.end(key);
  const most = Math.max(...readdirSync(directory).map(Number)) + 1;
  execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${most}:`]);
  rig.stop(1, 50);
  assert.equal((await rig.end(1)).how, "s");
  assert.equal(await rig.closed(), 0);
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
