/** Lines that tell of many attempts at once: the same events come back, from old journals too, and a torn one takes nothing else along. */

import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import type { AttemptEnded, AttemptStarted, JobEvent } from "../../../src/domain/events.js";
import { Journal } from "../../../src/store/journal/journal.js";
import { readJournal } from "../../../src/store/journal/journal-reader.js";
import { recover } from "../../../src/store/journal/recovery.js";
import { writeNewJournal } from "../../../src/store/journal/new-journal.js";
import { jobPaths } from "../../../src/store/layout.js";
import { eventsOfLine } from "../../support/journal-lines.js";
import { AT, taken, task, temporaryDirectory } from "../sample-job.js";
import { fc } from "../../support/properties.js";

const start = (index: number, more: Partial<AttemptStarted> = {}): AttemptStarted => {
  return { type: "attempt-started", at: AT, task: `t ${index} "ü"`, attempt: 1, claim: "c", key: 10 + index, ...more };
};

const end = (index: number, more: Partial<AttemptEnded> = {}): AttemptEnded => {
  const usage = { userMs: 0.25 * index, systemMs: 1.5, maxRssKb: 1700 + index };
  const [at, begunAt] = [AT + 50 - 3 * index, AT + 7];
  const outcome = { kind: "exited", exitCode: 0 } as const;
  const rest = { status: "completed", error: null, retryAt: null } as const;
  return { type: "attempt-ended", at, task: `t ${index} "ü"`, attempt: 1, outcome, begunAt, usage, ...rest, ...more };
};

const many = <Event>(count: number, make: (index: number) => Event): Event[] =>
  Array.from({ length: count }, (_, index) => make(index));

function read(path: string): JobEvent[] {
  const events: JobEvent[] = [];
  readJournal(path, (event) => void events.push(event));
  return events;
}

async function write(path: string, ...appends: readonly (readonly JobEvent[])[]): Promise<void> {
  const journal = Journal.open(path, 0);
  for (const events of appends) journal.append(events);
  await journal.close();
}

const linesIn = (path: string): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);

test("hundreds of starts and of ends that were recorded together are a line each, and come back as they went in", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const [starts, ends] = [many(300, (index) => start(index, { queued: true })), many(300, end)];
  await write(path, [taken], starts, ends);
  assert.equal(linesIn(path).length, 3);
  assert.deepEqual(read(path), [taken, ...starts, ...ends]);
});

test("no line grows without limit, and few attempts have lines of their own", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  await write(
    path,
    [taken],
    many(2500, (index) => start(index)),
    many(3, end),
  );
  assert.equal(linesIn(path).length, 1 + 3 + 3);
  assert.deepEqual(read(path), [taken, ...many(2500, (index) => start(index)), ...many(3, end)]);
});

test("whatever is not alike stands alone, in its order", async (t) => {
  const odd: fc.Arbitrary<JobEvent> = fc.oneof(
    fc
      .constantFrom<Partial<AttemptStarted>>({}, { takes: { cpu: 2 } }, { gpus: [1] }, { attempt: 2 }, { claim: "d" }, { key: 3 })
      .map((more) => start(1, more)),
    fc
      .constantFrom<Partial<AttemptEnded>>(
        {},
        { outcome: { kind: "exited", exitCode: 1 }, status: "failed", error: "exit code 1" },
        { outcome: { kind: "exited", exitCode: 0, stopped: "cancel" }, status: "cancelled", error: "cancelled" },
        { status: "pending", error: "again", retryAt: AT + 9 },
        { begunAt: AT + 0.5 },
        { attempt: 2 },
      )
      .map((more) => end(1, more)),
    fc.constant<JobEvent>({ type: "job-interrupted", at: AT }),
  );
  const alike = fc.nat(9).chain((count) =>
    fc.constantFrom<JobEvent[]>(
      many(count, (index) => start(index)),
      many(count, (index) => start(index, index % 3 === 0 ? {} : { queued: true })),
      many(count, end),
      many(count, (index) => end(index, { begunAt: AT + 0.5 })),
    ),
  );
  const parts = fc.array(
    fc.oneof(
      alike,
      odd.map((event) => [event]),
    ),
    { maxLength: 8 },
  );
  const path = join(temporaryDirectory(t), "journal.ndjson");
  await fc.assert(
    fc.asyncProperty(parts, async (lists) => {
      writeFileSync(path, "");
      const events = [taken, ...lists.flat()];
      await write(path, events);
      assert.deepEqual(read(path), events);
      const types = linesIn(path).flatMap((line) => eventsOfLine(line).map(({ type }) => type));
      assert.deepEqual(
        types,
        events.map(({ type }) => type),
      );
    }),
    { numRuns: 200 },
  );
});

test("what is known of an attempt only in part stands alone", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const ends = many(9, (index): AttemptEnded => {
    const { usage: _usage, ...rest } = end(index);
    return rest;
  });
  await write(path, [taken], ends);
  assert.equal(linesIn(path).length, 10);
  assert.deepEqual(read(path), [taken, ...ends]);
});

test("torn at any byte, such a line is none, and all before it stands", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const starts = many(5, (index) => start(index));
  await write(path, [taken], starts, many(5, end));
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf("\n", bytes.length - 2) + 1;
  for (let size = whole; size < bytes.length; size++) {
    writeFileSync(path, bytes);
    truncateSync(path, size);
    assert.deepEqual(read(path), [taken, ...starts], `${size}`);
  }
});

/** As an earlier version would have begun it. */
function sayFormat(path: string, format: number): void {
  const [first = "", ...rest] = readFileSync(path, "utf8").split("\n");
  const head = first.slice(0, first.lastIndexOf(',"crc"')).replace(/"format":\d+/, `"format":${format}`);
  writeFileSync(path, [`${head},"crc":"${crc32(head).toString(16).padStart(8, "0")}"}`, ...rest].join("\n"));
}

test("a journal that an earlier version began goes on in lines that it can read", async (t) => {
  for (const [format, lines] of [
    [2, 6],
    [3, 1],
  ] as const) {
    const paths = jobPaths(temporaryDirectory(t));
    const tasks = many(6, (index) => task(start(index).task));
    await (await writeNewJournal(paths, [taken, { type: "tasks-added", at: AT, tasks }])).close();
    sayFormat(paths.journal, format);
    const found = await recover(paths);
    found!.journal.append(many(6, (index) => start(index)));
    await found!.journal.close();
    assert.equal(linesIn(paths.journal).length, 2 + lines);
    const again = await recover(paths);
    assert.equal(again!.picture.counts.running, 6);
    await again!.journal.close();
  }
});
