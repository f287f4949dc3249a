/** Real files, renamed as an engine does it; what is on record by when, the tests say. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs, { appendFileSync, existsSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AttemptFiles, type AttemptRange } from "../../src/cli/attempt-files.js";
import type { AttemptOnRecord } from "../../src/internal.js";
import { temporaryDirectory } from "../store/sample-job.js";

interface Scene {
  readonly log: string;
  readonly past: (attempt: number) => string;
  readonly files: AttemptFiles;
  /** What the journal says. */
  record: AttemptOnRecord;
  /** Called before the record is asked, with how often it was. */
  onAsked: (times: number) => void;
  readonly say: (text: string) => void;
  /** The next attempt is on record. */
  readonly handOver: () => void;
  readonly makeRoom: () => void;
  readonly begin: () => void;
  readonly look: (how?: { isLast?: boolean; hasEngine?: boolean }) => string;
}

function sceneOf(t: TestContext, range: Partial<AttemptRange> = {}): Scene {
  const log = join(temporaryDirectory(t), "a.log");
  const past = (attempt: number): string => log.replace(".log", `~${attempt}.log`);
  const files = new AttemptFiles(log, { from: 1, to: Infinity, ...range });
  t.after(() => files.close());
  const scene: Scene = {
    log,
    past,
    files,
    record: { attempt: 1, dueAt: null, isOrphaned: false },
    onAsked: () => {},
    say: (text) => appendFileSync(log, text),
    handOver: () => (scene.record = { attempt: scene.record.attempt + 1, dueAt: Date.now() + 60_000, isOrphaned: false }),
    makeRoom: () => existsSync(log) && renameSync(log, past(scene.record.attempt - 1)),
    begin: () => {
      scene.handOver();
      scene.makeRoom();
      scene.record = { ...scene.record, dueAt: null };
    },
    look: ({ isLast = false, hasEngine = true } = {}) => {
      let times = 0;
      const latest = (): AttemptOnRecord => {
        scene.onAsked((times += 1));
        return scene.record;
      };
      const pieces = [...files.read({ latest, isLast, hasEngine })];
      return pieces.map(({ attempt, bytes }) => `${attempt}:${bytes?.toString() ?? "end"}`).join(" ");
    },
  };
  return scene;
}

test("each attempt is read under its number, also those that came and went between two looks, and those that said nothing", (t) => {
  const scene = sceneOf(t);
  assert.equal(scene.look(), "");
  scene.say("one");
  assert.equal(scene.look(), "1:one");
  scene.say("more");
  scene.begin();
  assert.equal(scene.look(), "1:more 1:end");
  for (const text of ["two", "", "four", ""]) {
    if (text !== "") scene.say(text);
    scene.begin();
  }
  scene.say("six");
  assert.equal(scene.look(), "2:two 2:end 3:end 4:four 4:end 5:end 6:six");
  scene.say("more");
  assert.equal(scene.look({ isLast: true }), "6:more");
});

test("what later attempts made of the file until it was opened shows in the record, and then in the names", (t) => {
  const scene = sceneOf(t);
  // On record is the first as the place is looked at; by then the file is of the third.
  scene.onAsked = (times) => {
    if (times === 2) scene.record = { attempt: 3, dueAt: null, isOrphaned: false };
  };
  writeFileSync(scene.past(1), "one");
  writeFileSync(scene.past(2), "two");
  scene.say("three");
  assert.equal(scene.look(), "1:one 1:end 2:two 2:end 3:three");
});

test("a file that has not made room as yet is not taken for that of the attempt on record", (t) => {
  const scene = sceneOf(t);
  scene.say("one");
  scene.handOver();
  assert.equal(scene.look(), "");
  scene.makeRoom();
  scene.say("two");
  assert.equal(scene.look(), "1:one 1:end 2:two");
});

test("nor is it where it is open already", (t) => {
  const scene = sceneOf(t);
  scene.say("one");
  assert.equal(scene.look(), "1:one");
  scene.handOver();
  assert.equal(scene.look(), "1:end");
  scene.makeRoom();
  assert.equal(scene.look(), "");
  scene.say("two");
  assert.equal(scene.look(), "2:two");
});

test("behind an attempt that said nothing it is the latest's if it was written since that was due, or if nothing moves it", (t) => {
  const written = sceneOf(t);
  written.handOver();
  written.record = { attempt: 2, dueAt: Date.now() - 1000, isOrphaned: false };
  written.say("two");
  assert.equal(written.look(), "1:end 2:two");
  const left = sceneOf(t);
  left.handOver();
  left.say("two");
  for (let looks = 0; looks < 40; looks++) assert.equal(left.look({ hasEngine: false }), "");
  left.record = { ...left.record, isOrphaned: true };
  for (let looks = 0; looks < 40; looks++) assert.equal(left.look(), "");
  left.record = { ...left.record, isOrphaned: false };
  const shown = Array.from({ length: 40 }, () => left.look());
  assert.equal(shown[0], "");
  assert.equal(shown.join(""), "1:end 2:two");
});

test("at whatever moment of a look a file makes room, each line is read once and under its attempt", (t) => {
  const { lstatSync, openSync } = fs;
  let [calls, moveAt, move] = [0, 0, (): unknown => null];
  const count = (): void => void ((calls += 1) === moveAt && move());
  t.mock.method(fs, "lstatSync", (...args: Parameters<typeof lstatSync>) => (count(), lstatSync(...args)));
  t.mock.method(fs, "openSync", (...args: Parameters<typeof openSync>) => (count(), openSync(...args)));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  for (const { from, wanted } of [
    { from: 1, wanted: "1:one 1:end 2:two" },
    { from: 2, wanted: "2:two" },
  ]) {
    for (let at = 1; ; at++) {
      const scene = sceneOf(t, { from });
      scene.say("one");
      scene.handOver();
      [calls, moveAt, move] = [0, at, scene.makeRoom];
      const shown = [scene.look()];
      const isMoved = calls >= at;
      moveAt = 0;
      if (!isMoved) scene.makeRoom();
      scene.say("two");
      shown.push(scene.look());
      assert.equal(shown.filter((text) => text !== "").join(" "), wanted, `moved before call ${at}`);
      if (!isMoved) break;
    }
  }
});

test("a file that made room for an attempt that did not begin is read once, whether it came back or not", (t) => {
  for (const isOpen of [true, false]) {
    for (const comesBack of [true, false]) {
      const scene = sceneOf(t);
      scene.say("one");
      if (isOpen) assert.equal(scene.look(), "1:one");
      scene.handOver();
      scene.makeRoom();
      const before = comesBack ? [scene.look()] : [];
      if (comesBack) renameSync(scene.past(1), scene.log);
      scene.record = { attempt: 1, dueAt: null, isOrphaned: false };
      const shown = [...before, scene.look(), scene.look()];
      scene.begin();
      scene.say("two");
      shown.push(scene.look());
      const all = shown.filter((text) => text !== "").join(" ");
      assert.equal(`${isOpen ? "1:one " : ""}${all}`, "1:one 1:end 2:two");
    }
  }
});

test("as one makes room for what does not begin, and comes back, it is not taken for one that said nothing", async (t) => {
  const scene = sceneOf(t);
  scene.say("one");
  scene.handOver();
  // Away as the one place is looked at, and back as the other is: as if there were none.
  renameSync(scene.log, `${scene.log}.away`);
  assert.equal(scene.look(), "");
  scene.record = { attempt: 2, dueAt: Date.now() + 5, isOrphaned: false };
  await sleep(20);
  renameSync(`${scene.log}.away`, scene.log);
  assert.equal(scene.look(), "");
  scene.record = { attempt: 1, dueAt: null, isOrphaned: false };
  assert.equal(scene.look(), "1:one");
});

test("a log that its task made shorter is read anew, and one that it put another file in place of is read to its end first", (t) => {
  const scene = sceneOf(t);
  scene.say("long line");
  assert.equal(scene.look(), "1:long line");
  truncateSync(scene.log);
  scene.say("new");
  assert.equal(scene.look(), "1:new");
  scene.say(" rest");
  renameSync(scene.log, `${scene.log}.old`);
  scene.say("another");
  assert.equal(scene.look(), "1: rest 1:another");
});

test("what is no file of ours is named, and keeps nothing else from being read", (t) => {
  const scene = sceneOf(t);
  execFileSync("mkfifo", [scene.log]);
  assert.equal(scene.look(), "");
  assert.match(scene.files.problems.join(), /a\.log is a named pipe, expected a log: not shown$/);
  scene.begin();
  scene.say("two");
  assert.equal(scene.look(), "1:end 2:two");
  assert.match(scene.files.problems.join(), /^[^,]*a~1\.log is a named pipe, expected a log: not shown$/);
  scene.begin();
  symlinkSync("/etc/hostname", scene.log);
  assert.equal(scene.look({ isLast: true }), "2:end");
  assert.match(scene.files.problems.join(), /a~1\.log is .*a\.log is a symbolic link, expected a log: not shown$/);
});

test("of a range nothing else is read", (t) => {
  const scene = sceneOf(t, { from: 2, to: 2 });
  for (const text of ["one", "two", "three"]) {
    scene.say(text);
    if (text !== "three") scene.begin();
  }
  assert.equal(scene.look(), "2:two 2:end");
  scene.say("more");
  assert.equal(scene.look({ isLast: true }), "");
});
