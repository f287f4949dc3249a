/** The slot itself, without Slurm: the native runner as a batch script starts it. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { PoolFiles } from "../../src/slurm/pool-files.js";
import { linuxRunners } from "../../src/workers/runner/runner-program.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const runner = linuxRunners().find((path) => path.endsWith(process.arch));
const skip = runner === undefined ? "no native runner was built for this machine" : false;

function start(t: TestContext, files: PoolFiles): { readonly child: ChildProcess; readonly end: Promise<number | null> } {
  const child = spawn(runner!, ["--slot", files.dir, "0", "5", "60", "1", "1"], { stdio: ["ignore", "ignore", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  return { child, end: once(child, "exit").then(([code]) => code as number | null) };
}

async function said(files: PoolFiles, word: RegExp): Promise<string> {
  for (let looks = 0; looks < 500; looks += 1) {
    const text = files.readSpool(0, 0).toString();
    if (word.test(text)) return text;
    await pause(20);
  }
  throw new Error(`waited in vain for ${word}`);
}

test(
  "a slot that is started a second time refuses, and says nothing that could be taken for the first one's",
  { skip },
  async (t) => {
    const files = new PoolFiles(join(temporaryPlace(t).root, "pool"));
    files.make([]);
    files.makeSlots(0, 1);
    const first = start(t, files);
    await said(files, /^h /m);
    const before = files.readSpool(0, 0).toString();
    assert.equal(await start(t, files).end, 95);
    assert.equal(files.readSpool(0, 0).toString(), before);
    files.tell(0, "close");
    assert.equal(await first.end, 0);
    assert.match(await said(files, /^bye/m), /^bye over/m);
  },
);

test("an empty batch is answered: who asks knows that the slot lives", { skip }, async (t) => {
  const files = new PoolFiles(join(temporaryPlace(t).root, "pool"));
  files.make([]);
  files.makeSlots(0, 1);
  const { end } = start(t, files);
  files.hand(0, { number: 1, tasks: 0, lastKey: 0 }, Buffer.alloc(0));
  await said(files, /^took 1$/m);
  files.tell(0, "close");
  assert.equal(await end, 0);
});
