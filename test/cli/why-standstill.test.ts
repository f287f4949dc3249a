/** What `why` says of a job whose engine is only hindered: what runs is watched, and only nothing new starts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskExplanation } from "../../src/analysis/why-task.js";
import { plainStyle } from "../../src/cli/render/style.js";
import { whyTaskText, type Circumstances } from "../../src/cli/render/why-task-text.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const nothing = {
  command: "true",
  args: [],
  error: null,
  endedAt: null,
  waitedFor: null,
  waitsFor: [],
  hangsOn: null,
  culprit: null,
  holds: [],
  left: null,
  hasEarlier: false,
};
const attempt = {
  ...{
    attempt: 1,
    readyAt: NOW - 5000,
    startedAt: NOW - 4000,
    endedAt: null,
    outcome: null,
    error: null,
    usage: null,
    ranOn: null,
  },
  ...{ takes: { cpu: 1 }, status: "running", waitMs: 1000, runMs: 4000, excessBytes: 0 },
} as const;
const running = {
  ...nothing,
  task: "a",
  status: "running",
  pendingSince: NOW - 5000,
  readyAt: null,
  attempts: [attempt],
} as TaskExplanation;
const ready = {
  ...nothing,
  task: "b",
  status: "pending",
  pendingSince: NOW - 5000,
  readyAt: NOW - 5000,
  attempts: [],
} as TaskExplanation;

const textOf = (why: TaskExplanation, isHeld: boolean): string => {
  const around: Circumstances = { job: "job", nowMs: NOW, isHeld, standstill: "no process could be started" };
  return whyTaskText(why, around, plainStyle);
};

test("where an engine is hindered, what runs is watched all the same, and only nothing new starts", () => {
  assert.doesNotMatch(textOf(running, true), /Nobody watches|Nothing/);
  assert.match(textOf(ready, true), /Nothing new is started: no process could be started\./);
});

test("where nobody runs the job, nobody watches what runs, and nothing goes on", () => {
  assert.match(textOf(running, false), /Nobody watches it: no process could be started\./);
  assert.match(textOf(ready, false), /Nothing goes on: no process could be started\./);
});
