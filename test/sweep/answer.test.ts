/** What is made of runs, on made-up ones whose truth is known. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, type Answer } from "../../src/sweep/answer.js";
import { pointsOf, type BenchPoint, type Sweep } from "../../src/sweep/points.js";
import type { BenchRun, RunFigures } from "../../src/sweep/result.js";
import { seededRandom, type Random } from "../../src/sweep/seeded-random.js";
import { normal } from "./made-up.js";

const machine = { cores: 8, cpu: "a fine one", memory_mb: 1, system: "linux", node: "v20", load: 0 };

function figuresOf(
  wallMs: number,
  { ownMs, cpuMs, widest }: { ownMs: number; cpuMs: number | null; widest: number },
): RunFigures {
  const none = { total_ms: 0, work_ms: 0, serial_ms: 0, narrow_ms: 0, stragglers_ms: 0, delays_ms: 0, limits_ms: 0, own_ms: 0 };
  const path = { run_ms: wallMs - ownMs, slot_wait_ms: 0, limit_ms: 0, delay_ms: 0, own_ms: ownMs, length: 0, tasks: [] };
  const times = { wall_ms: wallMs, pipeline_ms: wallMs - ownMs, own_ms: ownMs, work_ms: wallMs, longest_chain_ms: 0 };
  return { tasks: 10, ...times, widest, cpu_ms: cpuMs, memory_kb: null, path, slots: none };
}

interface MadeUp {
  readonly timeOf: (point: BenchPoint, round: number) => number | null;
  readonly noise?: number;
  readonly repeat?: number;
  readonly ownMs?: number;
  readonly widest?: number;
  readonly cpuOf?: (point: BenchPoint) => number;
  readonly load?: number;
}

function answer(sweep: Sweep, madeUp: MadeUp): Answer {
  const { timeOf, noise = 0.02, repeat = 6, ownMs = 0, widest = 1_000, cpuOf, load = 0 } = madeUp;
  const random: Random = seededRandom(11);
  const points = pointsOf(sweep);
  const runs: BenchRun[] = [];
  for (let round = 0; round <= repeat; round++) {
    for (const [index, point] of points.entries()) {
      const time = timeOf(point, round);
      const wall = time === null ? null : time * Math.exp(noise * normal(random)) + ownMs;
      const figures = wall === null ? null : figuresOf(wall, { ownMs, cpuMs: cpuOf?.(point) ?? null, widest });
      const outcome = wall === null ? "failed" : "completed";
      const about = { point: index, round, warmup: round === 0, started_at: "", dir: "", own_cpu_ms: 1 };
      runs.push({ ...about, outcome, error: wall === null ? "it broke" : null, figures });
    }
  }
  return answerOf({ points, sweep, runs, seed: 1, machine: { ...machine, load } });
}

const amdahl =
  (serial: number) =>
  ({ concurrency }: BenchPoint): number =>
    1_000 * (serial + (1 - serial) / concurrency);

test("speed-up, efficiency, verdict and serial share are those that were put in", () => {
  const { points, baseline, fastest, scaling } = answer({ concurrency: [1, 2, 4, 8], params: {} }, { timeOf: amdahl(0.1) });
  assert.deepEqual([baseline, fastest], [0, 3]);
  const expected = [1, 2, 4, 8].map((slots) => 1 / (0.1 + 0.9 / slots));
  for (const [index, { speed_up, efficiency, verdict, label, runs }] of points.entries()) {
    assert.ok(Math.abs(speed_up!.value / expected[index]! - 1) < 0.05, label);
    assert.ok(Math.abs(efficiency! / (expected[index]! / 2 ** index) - 1) < 0.05, label);
    assert.equal(verdict, index === 0 ? null : "faster");
    assert.equal(runs, 6, "warm-ups don't count");
  }
  const { serial_share: share, max_speed_up: most } = scaling[0]!.amdahl!;
  assert.ok(share.low! <= 0.1 && 0.1 <= share.high!);
  assert.ok(most! > 7 && most! < 15);
});

test("our own part is no part of the serial share, and is pointed at when it is large", () => {
  const { scaling, points, warnings } = answer({ concurrency: [1, 2, 4, 8], params: {} }, { timeOf: amdahl(0), ownMs: 150 });
  assert.ok(scaling[0]!.amdahl!.serial_share.value < 0.02);
  assert.ok(points.every(({ own }) => Math.abs(own!.value - 150) < 1e-6));
  assert.match(
    warnings.join("\n"),
    /our own part is more than 10 % of the time of 1 at a time; 2 at a time; 4 at a time and 1 more/,
  );
});

test("more slots than tasks side by side are no more of them", () => {
  const timeOf = ({ concurrency }: BenchPoint): number => 1_000 / Math.min(concurrency, 2);
  const { scaling } = answer({ concurrency: [1, 2, 4, 8], params: {} }, { timeOf, widest: 2 });
  assert.deepEqual(scaling[0]!.parallelism, [1, 2, 2, 2]);
  assert.ok(scaling[0]!.amdahl!.serial_share.value < 0.05);
});

test("the knee is the cheapest point than which nothing is faster to speak of", () => {
  const timeOf = ({ concurrency, params }: BenchPoint): number => 1_000 / Math.min(concurrency, Number(params["shards"]), 2);
  const sweep = { concurrency: [1, 2, 4], params: { shards: ["1", "2", "4"] } };
  const { points, knee } = answer(sweep, { timeOf, cpuOf: ({ params }) => 100 * Number(params["shards"]) });
  assert.equal(points[knee!.point]!.label, "2 shards, 2 at a time");
  assert.match(
    knee!.text,
    /^2 shards, 2 at a time: 2\.0 × as fast as 1 shard, 1 at a time for 2\.0 × the CPU; (?:more gives|nothing is faster)/,
  );
});

test("where nothing makes a difference it says so, and takes the least", () => {
  const { points, knee } = answer({ concurrency: [1, 2, 4], params: {} }, { timeOf: () => 500 });
  for (const { verdict } of points.slice(1)) assert.equal(verdict, "same");
  assert.equal(knee!.point, 0);
  assert.match(knee!.text, /^1 at a time: (?:no difference to more was found|more gives nothing)/);
  const slower = answer({ concurrency: [1, 2], params: {} }, { timeOf: ({ concurrency }) => 500 * concurrency });
  assert.equal(slower.points[1]!.verdict, "slower");
  assert.equal(slower.knee!.text, "1 at a time: more gives nothing");
});

test("with three runs each nothing is concluded, and said so", () => {
  const { points, warnings, knee } = answer({ concurrency: [1, 4], params: {} }, { timeOf: amdahl(0), repeat: 3 });
  assert.match(knee!.text, /^4 at a time: .*\(too few runs to be sure\)$/);
  assert.equal(points[1]!.verdict, "too-few");
  assert.match(warnings.join("\n"), /fewer than 5 runs of 1 at a time; 4 at a time/);
});

test("a point without a good run has no figures, and the baseline is another", () => {
  const timeOf = ({ concurrency }: BenchPoint): number | null => (concurrency === 1 ? null : 100);
  const { points, baseline } = answer({ concurrency: [1, 2], params: {} }, { timeOf });
  assert.deepEqual([points[0]!.wall, points[0]!.failed, baseline], [null, 6, 1]);
});

test("an outlier, a machine that drifts, a vague time and a busy machine are told", () => {
  const outlier = answer({ concurrency: [1], params: {} }, { timeOf: (_, round) => (round === 3 ? 300 : 100) });
  assert.match(outlier.warnings.join("\n"), /round 3 of 1 at a time took 3\.0 × the median/);
  assert.deepEqual(outlier.points[0]!.outliers, [3]);
  const drift = answer({ concurrency: [1, 2], params: {} }, { timeOf: (_, round) => 100 * 1.05 ** round, repeat: 8 });
  assert.match(drift.warnings.join("\n"), /the machine became \d\d % slower meanwhile/);
  const vague = answer({ concurrency: [1], params: {} }, { timeOf: () => 100, noise: 0.4 });
  assert.match(vague.warnings.join("\n"), /known no better than ±10 %/);
  assert.match(
    answer({ concurrency: [1], params: {} }, { timeOf: () => 1, load: 5 }).warnings.join("\n"),
    /load 5\.0 on 8 cores/,
  );
  assert.deepEqual(answer({ concurrency: [1, 2], params: {} }, { timeOf: amdahl(0.5) }).warnings, []);
});

test("the same runs give the same answer", () => {
  const make = (): Answer => answer({ concurrency: [1, 2, 4], params: {} }, { timeOf: amdahl(0.2) });
  assert.deepEqual(make(), make());
});

test("if only a param is swept the laws are fitted along it", () => {
  const timeOf = ({ params }: BenchPoint): number => 1_000 * (0.2 + 0.8 / Number(params["shards"]));
  const sweep = { concurrency: [8], params: { shards: [1, 2, 4], mode: ["a", "b"] } };
  const points = pointsOf(sweep);
  const runs = points.flatMap((point, index): BenchRun[] =>
    [1, 2, 3, 4, 5].map((round) => {
      const figures = figuresOf(timeOf(point), { ownMs: 0, cpuMs: null, widest: Number(point.params["shards"]) });
      const about = { point: index, round, warmup: false, started_at: "", dir: "", own_cpu_ms: 1 } as const;
      return Object.assign({ outcome: "completed", error: null, figures } as const, about);
    }),
  );
  const { scaling } = answerOf({ points, sweep, runs, seed: 1, machine });
  assert.deepEqual(
    scaling.map(({ axis, points: own, parallelism }) => [axis, own, parallelism]),
    [
      ["shards", [0, 2, 4], [1, 2, 4]],
      ["shards", [1, 3, 5], [1, 2, 4]],
    ],
  );
  for (const { amdahl: fit } of scaling) assert.ok(Math.abs(fit!.serial_share.value - 0.2) < 1e-6);
});
