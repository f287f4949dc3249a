import assert from "node:assert/strict";
import { test } from "node:test";
import { screenLines, type ScreenFacts } from "../../src/cli/render/progress-screen.js";
import { Rate } from "../../src/cli/render/rate.js";
import { plainStyle } from "../../src/cli/render/style.js";
import { fit, widthOf } from "../../src/cli/render/text-width.js";
import { fc } from "../support/properties.js";

function facts(given: Partial<ScreenFacts> = {}): ScreenFacts {
  const counts = { total: 10, pending: 4, running: 3, completed: 2, failed: 1, skipped: 0, cancelled: 0 };
  return { name: "nightly", counts, total: 10, ratePerSecond: 2, elapsedMs: 4000, heldBack: [], running: [], ...given };
}

const running = (count: number): ScreenFacts["running"] =>
  Array.from({ length: count }, (_, index) => ({ task: `task-${index}`, command: `sleep ${index}`, sinceMs: 60_000 - index }));

test("what runs is below the bar with its time, the longest first, and as many as fit", () => {
  const lines = screenLines(facts({ running: running(3) }), { columns: 80, rows: 20 }, plainStyle);
  assert.match(lines[0]!, /30% {2}3\/10 {2}3 running {2}1 failed {2}2\.0\/s {2}ETA 3\.5 s/);
  assert.deepEqual(lines.slice(1), ["1 min 00 s  task-0  sleep 0", "1 min 00 s  task-1  sleep 1", "1 min 00 s  task-2  sleep 2"]);
  const many = { ...facts().counts, running: 50 };
  const few = screenLines(facts({ counts: many, running: running(50) }), { columns: 80, rows: 6 }, plainStyle);
  assert.equal(few.length, 5);
  assert.equal(few.at(-1), "  and 47 more");
});

test("tasks that have run for less than a second have no line, so that nothing flickers", () => {
  const short = running(3).map(({ task, command }) => ({ task, command, sinceMs: 900 }));
  assert.equal(screenLines(facts({ running: short }), { columns: 80, rows: 20 }, plainStyle).length, 1);
});

test("while nobody knows how many there will be, what is done is told and no share of it", () => {
  const [line] = screenLines(facts({ total: null }), { columns: 80, rows: 20 }, plainStyle);
  assert.equal(line, "nightly  3 done  3 running  1 failed  2.0/s  4.0 s");
});

test("what holds a job back has a line of its own", () => {
  const lines = screenLines(facts({ heldBack: ["held back: the disk is full"] }), { columns: 80, rows: 20 }, plainStyle);
  assert.equal(lines[1], "  held back: the disk is full");
});

test("no line is wider than the terminal, and there are no more than fit, whatever tasks are called", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(name, name), { maxLength: 30 }),
      (columns, rows, tasks) => {
        const lines = tasks.map(([task, command]) => ({ task, command, sinceMs: 5000 }));
        const drawn = screenLines(facts({ running: lines, heldBack: ["漢".repeat(150)] }), { columns, rows }, plainStyle);
        assert.ok(drawn.length <= Math.max(2, rows), `${drawn.length} lines for ${rows} rows`);
        for (const line of drawn) {
          assert.ok(widthOf(line) < columns || columns < 30, `${widthOf(line)} in ${columns}: ${line}`);
          assert.doesNotMatch(line, /[\n\u001b]/);
        }
      },
    ),
  );
});

test("what is cut takes no more than its room, in any script, and no less than it could", () => {
  const units = ["grapheme", "binary", "grapheme-composite"] as const;
  const text = fc.oneof(...units.map((unit) => fc.string({ unit, maxLength: 60 })));
  // An emoji, a letter of Tangut and letters outside of Latin-1 in a row: their places and their UTF-16 units differ.
  for (const [width, shown] of [
    [10, "  ⺀ 🆑𖿢…"],
    [11, "  ⺀ 🆑𖿢Ā…"],
    [13, "  ⺀ 🆑𖿢ĀĀ𖿠"],
  ] as const)
    assert.equal(fit("  ⺀ 🆑𖿢ĀĀ𖿠", width), shown);
  assert.equal(fit("👨‍👩‍👧 family", 3), "👨‍👩‍👧…");
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (whole, width) => {
      const shown = fit(whole, width);
      assert.ok(widthOf(shown) <= width);
      assert.equal(shown === whole, widthOf(whole) <= width);
      if (shown !== whole) assert.ok(shown.endsWith("…") && whole.startsWith(shown.slice(0, -1)));
    }),
    { numRuns: 1000 },
  );
});

test("the rate is that of the last seconds", () => {
  const rate = new Rate(0, 0);
  for (let at = 250; at <= 60_000; at += 250) rate.take(at / 25, at);
  assert.ok(Math.abs(rate.take(2400, 60_000) - 40) < 1);
  // Then nothing ends any more.
  for (let at = 60_250; at <= 72_000; at += 250) rate.take(2400, at);
  assert.equal(rate.take(2400, 72_000), 0);
});
