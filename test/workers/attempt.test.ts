import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { test } from "node:test";

import type { Report } from "../../src/domain/ports.js";
import { yes } from "../../src/system/look.js";
import { Attempt } from "../../src/workers/attempt.js";
import { Terminator } from "../../src/workers/termination.js";

test("handing back an attempt that is being stopped ends the stop too", { timeout: 10_000 }, async () => {
  const reports = new EventEmitter();
  const terminator = new Terminator();
  const identity = { directory: "/nowhere", job: "job", task: "task", attempt: 1 };
  const group = { identity, lane: process.pid, isLaneAlive: true, hasBegun: () => false, earliestStart: null };
  const attempt = new Attempt(
    1,
    () => yes(group),
    terminator,
    (report) => reports.emit("report", report),
  );
  const before = timers();
  attempt.stop(60_000);
  const reported = once(reports, "report") as Promise<[Report]>;
  attempt.handBack(Date.now());
  assert.equal((await reported)[0].isHandedBack, true);
  // Nothing is looked for any more.
  assert.deepEqual(timers(), before);
});

function timers(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "Immediate");
}
