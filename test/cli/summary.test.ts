import assert from "node:assert/strict";
import { test } from "node:test";
import { plainStyle } from "../../src/cli/render/style.js";
import { summaryText } from "../../src/cli/render/summary.js";
import type { JobSummary } from "../../src/index.js";

const hints = { resume: "", status: "", log: "", retry: "" };
const summary = (durationMs: number, isInterrupted = false): JobSummary => ({
  name: "nightly",
  id: "nightly-1",
  state: isInterrupted ? "waiting" : "completed",
  createdAt: "",
  startedAt: 0,
  completedAt: 0,
  error: null,
  counts: { total: 4, pending: 0, running: 0, completed: 4, failed: 0, skipped: 0, cancelled: 0 },
  firstFailure: null,
  isInterrupted,
  durationMs,
});

test("the summary says how much was gained by running several at once", () => {
  const text = summaryText(summary(10_000), null, hints, plainStyle, { ms: 30_000, slots: 4 });
  assert.equal(text, "nightly completed: 4 tasks in 10.0 s (30.0 s of work, 3.0 × as fast as one by one)\n");
});

test("a gain that can't be, that is none, or of a moment's work is not claimed", () => {
  const plain = "nightly completed: 4 tasks in 10.0 s\n";
  assert.equal(summaryText(summary(10_000), null, hints, plainStyle, { ms: 50_000, slots: 4 }), plain);
  assert.equal(summaryText(summary(10_000), null, hints, plainStyle, { ms: 9_000, slots: 4 }), plain);
  assert.equal(summaryText(summary(10_000), null, hints, plainStyle), plain);
  assert.doesNotMatch(summaryText(summary(500), null, hints, plainStyle, { ms: 1500, slots: 4 }), /×/);
  assert.doesNotMatch(summaryText(summary(10_000, true), null, hints, plainStyle, { ms: 30_000, slots: 4 }), /×/);
});

test("the summary says what all tasks took of CPU, and the largest of memory, where that is known", () => {
  const usage = { cpuMs: 12_340, maxRssKb: 332_031 };
  const text = (durationMs: number, isInterrupted = false): string =>
    summaryText(summary(durationMs, isInterrupted), null, hints, plainStyle, { ms: 0, slots: 4, usage });
  assert.equal(text(10_000).split("\n")[1], "  12.3 s of CPU; the largest process took 340 MB of memory");
  assert.match(text(10_000, true), /12\.3 s of CPU/);
  assert.doesNotMatch(text(500), /CPU/);
  assert.doesNotMatch(summaryText(summary(10_000), null, hints, plainStyle, { ms: 0, slots: 4, usage: null }), /CPU/);
});
