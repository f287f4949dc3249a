import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import type { RecordedAttempt } from "../../src/domain/job.js";
import { inFlightStarts } from "../../src/engine/in-flight-starts.js";
import { jobPaths } from "../../src/store/layout.js";

test("what waited in a batch counts from its log, or from now if it has none", (context) => {
  const dir = mkdtempSync(join(tmpdir(), "air-starts-"));
  context.after(() => rmSync(dir, { recursive: true }));
  const paths = jobPaths(dir);
  mkdirSync(paths.logs);
  for (const name of ["began", "earlier"]) writeFileSync(join(paths.logs, `${name}.log`), "");
  const madeAt = Math.round(statSync(join(paths.logs, "began.log")).birthtimeMs);
  const now = madeAt + 100_000;
  const attempt = (task: string, startedAt: number, isQueued: boolean): RecordedAttempt => {
    return { task, attempt: 1, startedAt, claim: "s-0", key: 1, takes: { cpu: 1 }, isQueued, stopping: null };
  };
  const inFlight = [
    attempt("first", madeAt - 50, false),
    attempt("began", madeAt - 50, true),
    attempt("waits", madeAt - 50, true),
    attempt("earlier", madeAt + 5_000, true),
  ];
  assert.deepEqual(
    inFlightStarts(inFlight, paths, now).map(({ startedAt }) => startedAt),
    [madeAt - 50, madeAt, now, now],
  );
});
