import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkTally } from "../../src/cli/work-tally.js";
import type { Job, JobEvent } from "../../src/index.js";

test("of a task that was adopted the work counts from when it was, and of one that had ended by then nothing", () => {
  let tell: (events: readonly JobEvent[]) => void = () => {};
  const job = {
    running: () => [{ task: "adopted", startedAt: 1_000 }],
    onEvents: (handler: typeof tell) => ((tell = handler), () => {}),
  } as unknown as Pick<Job, "running" | "onEvents">;
  const work = new WorkTally(job, 5_000);
  const ended = (task: string, begunAt: number, at: number) =>
    ({
      type: "attempt-ended",
      task,
      attempt: 1,
      at,
      begunAt,
      status: "completed",
      error: null,
      retryAt: null,
    }) as unknown as JobEvent;
  tell([ended("adopted", 1_000, 7_000), ended("earlier", 2_000, 4_000), ended("ours", 6_000, 9_000)]);
  assert.equal(work.ms, 2_000 + 3_000);
  for (let count = 0; count < 1_000; count++) tell([ended("short", 10_000, 10_000.9)]);
  assert.equal(work.ms, 5_000, "what begins and ends within a millisecond is not made one of it each time");
});
