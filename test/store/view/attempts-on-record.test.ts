import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JobEvent } from "../../../src/domain/events.js";
import { encodeBatch, encodeEvent } from "../../../src/store/journal/journal-format.js";
import { AttemptsOnRecord } from "../../../src/store/view/attempts-on-record.js";
import { AT, task, taken, temporaryDirectory } from "../sample-job.js";

const started = (id: string, attempt: number): JobEvent => ({
  type: "attempt-started",
  at: AT + attempt,
  task: id,
  attempt,
  claim: "abc-0",
  key: attempt,
});
const ended = (id: string, attempt: number, hasBegun = true): JobEvent => ({
  type: "attempt-ended",
  at: AT + attempt,
  task: id,
  attempt,
  outcome: hasBegun ? { kind: "exited", exitCode: 1 } : { kind: "not-begun", message: "" },
  status: "pending",
  error: null,
  retryAt: null,
});
const added: JobEvent = { type: "tasks-added", at: AT, tasks: ["a", "b", "c", "d"].map((id) => task(id)) };

test("the latest attempt of each task is known as soon as it is in the journal, and when it has begun", (t) => {
  const dir = temporaryDirectory(t);
  const journal = join(dir, "journal.ndjson");
  const record = new AttemptsOnRecord(dir);
  record.readOn();
  assert.equal(record.of("a"), undefined);
  let seq = 0;
  const write = (...events: readonly JobEvent[]): void => {
    appendFileSync(journal, events.map((event) => encodeEvent((seq += 1), event)).join(""));
    record.readOn();
  };
  write(taken, added, started("a", 1));
  assert.deepEqual(record.of("a"), { attempt: 1, dueAt: AT + 1, isOrphaned: false });
  write({ type: "attempt-begun", at: AT, task: "a", attempt: 1 });
  assert.deepEqual(record.of("a"), { attempt: 1, dueAt: null, isOrphaned: false });
  write(ended("a", 1), started("a", 2), ended("a", 2), started("a", 3));
  assert.deepEqual(record.of("a"), { attempt: 3, dueAt: AT + 3, isOrphaned: false });
  write(ended("a", 3, false));
  assert.deepEqual(record.of("a"), { attempt: 2, dueAt: null, isOrphaned: false });
  appendFileSync(
    journal,
    encodeBatch(
      (seq += 1),
      ["a", "b", "c", "d"].map((id) => started(id, 3)),
      0,
      4,
    ),
  );
  record.readOn();
  assert.deepEqual(record.of("d"), { attempt: 3, dueAt: AT + 3, isOrphaned: false });
  write({ type: "job-taken-up", at: AT, slots: 2 }, { type: "attempt-begun", at: AT, task: "c", attempt: 3 }, ended("d", 3));
  assert.deepEqual(record.of("b"), { attempt: 3, dueAt: AT + 3, isOrphaned: true });
  assert.deepEqual(record.of("c"), { attempt: 3, dueAt: null, isOrphaned: false });
  assert.deepEqual(record.of("d"), { attempt: 3, dueAt: null, isOrphaned: false });
});

test("of a line that is not whole yet nothing is taken, and a journal that was written anew is read anew", (t) => {
  const dir = temporaryDirectory(t);
  const journal = join(dir, "journal.ndjson");
  const record = new AttemptsOnRecord(dir);
  const lines = [taken, added, started("a", 1), started("b", 1)].map((event, index) => encodeEvent(index + 1, event));
  const text = lines.join("");
  for (let length = 0; length <= text.length; length += 7) {
    writeFileSync(journal, text.slice(0, length));
    record.readOn();
    const isWhole = length >= text.length - lines[3]!.length;
    assert.equal(record.of("a")?.attempt, isWhole ? 1 : undefined);
  }
  writeFileSync(`${journal}.tmp`, lines.slice(0, 2).join("") + encodeEvent(3, started("b", 2)));
  renameSync(`${journal}.tmp`, journal);
  record.readOn();
  assert.deepEqual([record.of("a"), record.of("b")?.attempt], [undefined, 2]);
});

test("a damaged journal says nothing", (t) => {
  const dir = temporaryDirectory(t);
  const journal = join(dir, "journal.ndjson");
  const record = new AttemptsOnRecord(dir);
  writeFileSync(journal, [taken, added, started("a", 1)].map((event, index) => encodeEvent(index + 1, event)).join(""));
  record.readOn();
  appendFileSync(journal, "no line of ours\n");
  record.readOn();
  assert.equal(record.of("a"), undefined);
});
