import assert from "node:assert/strict";
import { test } from "node:test";
import { Schedule, type ScheduleOptions, type Turn } from "../../src/sweep/schedule.js";
import { seededRandom } from "../../src/sweep/seeded-random.js";

function scheduleOf(changes: Partial<ScheduleOptions> = {}): Schedule {
  return new Schedule({ points: 3, repeat: 2, warmup: 1, budgetMs: null, random: seededRandom(1), ...changes });
}

/** Plays it to its end; a run takes as long as `timeOf` says, null is a failure. At most 1,000 runs. */
function play(schedule: Schedule, timeOf: (turn: Turn) => number | null, spentMs = 10): Turn[] {
  const turns: Turn[] = [];
  let elapsed = 0;
  for (let runs = 0; runs < 1_000; runs++) {
    const turn = schedule.next(elapsed);
    if (turn === null) return turns;
    turns.push(turn);
    elapsed += spentMs;
    schedule.ran(turn, timeOf(turn), spentMs);
  }
  return assert.fail("it has no end");
}

test("every round has each point once, in changing order, warm-ups first", () => {
  const turns = play(scheduleOf({ points: 6, repeat: 3, warmup: 2 }), () => 1);
  const rounds = [-1, 0, 1, 2, 3].map((round) => turns.filter((turn) => turn.round === round).map(({ point }) => point));
  for (const round of rounds)
    assert.deepEqual(
      round.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
  assert.equal(turns.length, 30);
  assert.ok(new Set(rounds.map(String)).size > 3, "the orders differ");
  assert.deepEqual(
    turns.map(({ isWarmup }) => isWarmup),
    turns.map(({ round }) => round <= 0),
  );
});

test("it says how many runs are left", () => {
  const schedule = scheduleOf();
  assert.equal(schedule.left, 9);
  schedule.next(0);
  assert.equal(schedule.left, 8);
  assert.equal(schedule.isSettled, false);
  play(schedule, () => 1);
  assert.equal(schedule.left, 0);
  assert.equal(schedule.isSettled, true);
  assert.equal(scheduleOf({ budgetMs: 1 }).left, null);
});

test("a point that only ever fails is given up after two runs, one that sometimes fails is not", () => {
  const turns = play(scheduleOf({ repeat: 5, warmup: 0 }), ({ point, round }) =>
    point === 1 || (point === 2 && round === 2) ? null : 1,
  );
  const countOf = (wanted: number): number => turns.filter(({ point }) => point === wanted).length;
  assert.deepEqual([0, 1, 2].map(countOf), [5, 2, 5]);
});

test("a budget is not exceeded, and after the first round goes to the points that are known least", () => {
  const random = seededRandom(2);
  // Point 0 is steady, point 1 is not, point 2 neither but far slower than both.
  const noise = [0.002, 0.2, 0.2];
  const base = [100, 100, 300];
  const schedule = scheduleOf({ repeat: 100, warmup: 0, budgetMs: 900 });
  const turns = play(schedule, ({ point }) => base[point]! * (1 + noise[point]! * random()));
  assert.ok(turns.length <= 90 && turns.length >= 85, `${turns.length} runs`);
  const countOf = (wanted: number): number => turns.filter(({ point }) => point === wanted).length;
  assert.ok(countOf(0) >= 5 && countOf(0) <= 8, `the steady one: ${countOf(0)}`);
  assert.ok(countOf(1) > countOf(2), `${countOf(1)} and ${countOf(2)}`);
  assert.equal(schedule.isSettled, false, "the budget was over first");
});

test("under a budget it ends when all is known, or each point had its most runs", () => {
  const known = scheduleOf({ repeat: 100, warmup: 0, budgetMs: 1e9 });
  assert.equal(known.isSettled, false);
  assert.equal(play(known, () => 7).length, 3 * 5);
  assert.equal(known.isSettled, true);
  const random = seededRandom(3);
  const most = scheduleOf({ repeat: 4, warmup: 0, budgetMs: 1e9 });
  const turns = play(most, () => random());
  const countOf = (wanted: number): number => turns.filter(({ point }) => point === wanted).length;
  assert.deepEqual([0, 1, 2].map(countOf), [4, 4, 4]);
  assert.equal(most.isSettled, true);
});

test("of a budget that is too small for one point a shorter one still gets its run", () => {
  const schedule = scheduleOf({ points: 2, repeat: 100, warmup: 0, budgetMs: 1_000 });
  const spentOf = [600, 100];
  const seen: number[] = [];
  let elapsed = 0;
  for (let turn = schedule.next(0); turn !== null && seen.length < 50; turn = schedule.next(elapsed)) {
    seen.push(turn.point);
    elapsed += spentOf[turn.point]!;
    schedule.ran(turn, spentOf[turn.point]!, spentOf[turn.point]!);
  }
  assert.equal(seen.filter((point) => point === 0).length, 1);
  assert.ok(seen.length > 2 && elapsed <= 1_000, `${seen.join(" ")}: ${elapsed}`);
});
