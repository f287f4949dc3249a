import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AirError } from "../../../src/domain/errors.js";
import type { JobEvent } from "../../../src/domain/events.js";
import { Journal } from "../../../src/store/journal/journal.js";
import { readJournal } from "../../../src/store/journal/journal-reader.js";
import { sampleEvents, task, temporaryDirectory } from "../sample-job.js";

async function writeSample(path: string): Promise<Buffer> {
  const journal = Journal.open(path, 0);
  journal.append(sampleEvents);
  await journal.sync();
  await journal.close();
  return readFileSync(path);
}

function read(path: string): { events: JobEvent[]; end: ReturnType<typeof readJournal> } {
  const events: JobEvent[] = [];
  const end = readJournal(path, (event) => events.push(event));
  return { events, end };
}

test("every kind of event comes back as it was", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const bytes = await writeSample(path);
  const { events, end } = read(path);
  assert.deepEqual(events, sampleEvents);
  assert.deepEqual(end, { seq: sampleEvents.length, size: bytes.length, torn: Buffer.alloc(0), format: 4 });
});

test("a journal cut at any byte gives all whole lines before the cut, and the rest as its torn tail", async (t) => {
  const dir = temporaryDirectory(t);
  const bytes = await writeSample(join(dir, "whole"));
  const path = join(dir, "cut");
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).toString("latin1").split("\n").length - 1;
    const { events, end } = read(path);
    assert.deepEqual(events, sampleEvents.slice(0, whole), `cut at ${length}`);
    assert.equal(end.size + end.torn.length, length);
  }
});

test("a bit flipped at any byte, the last newline included, is damage and never taken for the torn tail of a crash", async (t) => {
  const dir = temporaryDirectory(t);
  const bytes = await writeSample(join(dir, "whole"));
  const path = join(dir, "flipped");
  for (let position = 0; position < bytes.length; position++) {
    const altered = Buffer.from(bytes);
    altered[position]! ^= 1 << (position % 8);
    writeFileSync(path, altered);
    assert.throws(
      () => read(path),
      (error) => error instanceof AirError && error.code === "AIR_DAMAGED",
      `at ${position}`,
    );
  }
});

test("blocks at the end that a power loss left unwritten are a torn tail, and so is what stands behind them", async (t) => {
  const dir = temporaryDirectory(t);
  const bytes = await writeSample(join(dir, "whole"));
  const path = join(dir, "hole");
  for (const behind of ["", 'pool":"x-0","key":7,"crc":"0f3a9c21"}\n']) {
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('{"seq":'), Buffer.alloc(4096), Buffer.from(behind)]));
    const { events, end } = read(path);
    assert.deepEqual(events, sampleEvents);
    assert.equal(end.torn.length, 7 + 4096 + behind.length);
  }
});

test("a missing line is damage even if all others are whole", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const lines = (await writeSample(path)).toString().split("\n");
  lines.splice(4, 1);
  writeFileSync(path, lines.join("\n"));
  assert.throws(() => read(path), /line 5 is damaged \(expected line number 5, found 6\)/);
});

test("a journal of a newer format is refused with the remedy", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const { crc32 } = await import("node:zlib");
  const head = '{"seq":1,"at":"2026-01-31T12:00:00.000Z","type":"job-taken","format":99';
  writeFileSync(path, `${head},"crc":"${crc32(head).toString(16).padStart(8, "0")}"}\n`);
  assert.throws(() => read(path), /has format 99, which this version does not know: use a newer air-executor/);
});

test("so is one with an event that only a newer version knows", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const bytes = await writeSample(path);
  const { crc32 } = await import("node:zlib");
  const head = `{"seq":${sampleEvents.length + 1},"at":"2026-01-31T12:00:00.000Z","type":"job-dreamt"`;
  writeFileSync(path, `${bytes.toString()}${head},"crc":"${crc32(head).toString(16).padStart(8, "0")}"}\n`);
  assert.throws(() => read(path), /has an event "job-dreamt", which this version does not know: use a newer air-executor/);
});

test("a journal that an earlier version began is told only of what that one knows", async (t) => {
  const [taken, added, ...rest] = sampleEvents;
  const heldBack: JobEvent = {
    type: "held-back",
    at: 3,
    since: 1,
    pool: "cpu",
    isOwn: false,
    size: 2,
    task: "merge",
    holders: [],
  };
  const later: readonly JobEvent[] = [heldBack, { type: "job-taken-up", at: 4, slots: 2 }, ...rest];
  const typesIn = (format: number): string[] => {
    const path = join(temporaryDirectory(t), "journal.ndjson");
    const journal = Journal.open(path, 0, undefined, format);
    journal.append([taken!, added!]);
    journal.append(later);
    return read(path).events.map(({ type }) => type);
  };
  const all = [taken!, added!, ...later].map(({ type }) => type);
  assert.deepEqual(typesIn(3), all);
  assert.deepEqual(
    typesIn(2),
    all.filter((type) => type !== "job-taken-up" && type !== "attempt-outlived"),
  );
  assert.deepEqual(
    typesIn(1),
    typesIn(2).filter((type) => type !== "held-back"),
  );
});

test("lines longer than a read come back whole", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  const long: JobEvent = { type: "tasks-added", at: 1, tasks: [{ ...task("long"), args: ["x".repeat(9 * 1024 * 1024)] }] };
  const journal = Journal.open(path, 0);
  journal.append([...sampleEvents, long]);
  await journal.close();
  assert.deepEqual(read(path).events.at(-1), long);
});

test("what is longer than any line can be is damage, and not read on into memory", async (t) => {
  const path = join(temporaryDirectory(t), "journal.ndjson");
  await writeSample(path);
  truncateSync(path, 4 * 1024 ** 3);
  const line = sampleEvents.length + 1;
  assert.throws(() => read(path), new RegExp(`line ${line} is damaged \\(it is longer than any line can be\\)`));
});

test("a planted link in place of the journal is not written through", (t) => {
  const dir = temporaryDirectory(t);
  writeFileSync(join(dir, "victim"), "");
  symlinkSync(join(dir, "victim"), join(dir, "journal.ndjson"));
  assert.throws(() => Journal.open(join(dir, "journal.ndjson"), 0), { code: "AIR_UNSAFE_PATH", message: /is a symbolic link/ });
  assert.equal(statSync(join(dir, "victim")).size, 0);
});

test("on a full disk an append throws, leaves only whole lines, and works again when there is room", async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip("needs root to mount a small tmpfs");
  const dir = mkdtempSync(join(tmpdir(), "air-executor-test-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir]);
  t.after(() => {
    execFileSync("umount", [dir]);
    rmSync(dir, { recursive: true });
  });
  const path = join(dir, "journal.ndjson");
  writeFileSync(join(dir, "filler"), Buffer.alloc(40 * 1024));
  const journal = Journal.open(path, 0);
  let appended = 0;
  assert.throws(
    () => {
      for (; appended < 1000; appended++) journal.append([sampleEvents[2]!]);
    },
    { code: "ENOSPC" },
  );
  assert.equal(read(path).events.length, appended);
  writeFileSync(join(dir, "filler"), "");
  journal.append([sampleEvents[3]!]);
  await journal.close();
  const { events, end } = read(path);
  assert.equal(end.torn.length, 0);
  assert.deepEqual(events.at(-1), sampleEvents[3]);
  assert.equal(events.length, appended + 1);
});
