import assert from "node:assert/strict";
import { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Ends } from "../../src/workers/thread/ends.js";
import { LiveRunner } from "../../src/workers/thread/live-runner.js";
import { chooseRunner } from "../../src/workers/runner/runner-program.js";

const NOTHING = { onNews: () => {}, onEnd: () => {}, onGrown: () => {}, onGone: () => {} };

test(
  "a runner is told to go on once for all stops of a turn: for each such signal the system walks through all its threads",
  { timeout: 20_000 },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "air-executor-stops-"));
    const runner = new LiveRunner(chooseRunner(), join(directory, "a.spool"), 4, process.env, new Ends(), NOTHING);
    t.after(async () => {
      await runner.end();
      rmSync(directory, { recursive: true });
    });
    const kill = t.mock.method(ChildProcess.prototype, "kill");
    for (let key = 0; key < 1_000; key++) runner.stop(key, 0);
    assert.equal(kill.mock.callCount(), 1);
    await turn();
    runner.stop(0, 0);
    assert.equal(kill.mock.callCount(), 2, "it may have been stopped again since");
  },
);
