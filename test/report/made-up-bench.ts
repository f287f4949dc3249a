/** The result of a bench that never was: four degrees of concurrency, a fifth of the time serial. */

import { answerOf } from "../../src/sweep/answer.js";
import { pointsOf } from "../../src/sweep/points.js";
import { RESULT_FORMAT, RESULT_VERSION, type BenchResult, type BenchRun } from "../../src/sweep/result.js";

export function madeUpBench(factor = 1): BenchResult {
  const sweep = { concurrency: [1, 2, 4, 8], params: {} };
  const points = pointsOf(sweep);
  const machine = { cores: 8, cpu: "a fine one", memory_mb: 16_384, system: "linux x64", node: "v20.0.0", load: 0 };
  const runs = [1, 2, 3, 4, 5, 6].flatMap((round) =>
    points.map(({ concurrency }, point): BenchRun => {
      const wall = factor * 1_000 * (0.2 + 0.8 / concurrency) * (1 + round / 500);
      const slots = {
        total_ms: wall * concurrency,
        work_ms: 1_000,
        serial_ms: 0,
        narrow_ms: 0,
        stragglers_ms: 0,
        delays_ms: 0,
        limits_ms: 0,
        own_ms: 0,
      };
      const path = {
        run_ms: wall,
        slot_wait_ms: 0,
        limit_ms: 0,
        delay_ms: 0,
        own_ms: 0,
        length: 1,
        tasks: [{ id: "a", wait_ms: 0, run_ms: wall }],
      };
      const times = { wall_ms: wall, pipeline_ms: wall, own_ms: 0, work_ms: 1_000, longest_chain_ms: 200 };
      const figures = { tasks: 9, ...times, widest: 8, cpu_ms: 900, memory_kb: 50_000, path, slots };
      const about = { point, round, warmup: false, started_at: "", dir: "", own_cpu_ms: 20 };
      return { ...about, outcome: "completed", error: null, figures };
    }),
  );
  const plan = { ...sweep, repeat: 6, warmup: 0, budget_s: null, prepare: null, cleanup: null, seed: 1 };
  const answer = answerOf({ points, sweep, runs, seed: 1, machine });
  const about = {
    format: RESULT_FORMAT,
    version: RESULT_VERSION,
    id: "job-1",
    name: "job",
    created_at: "2026-01-01T00:00:00.000Z",
    dir: "/",
  } as const;
  return { ...about, machine, plan, ended: "complete", runs, ...answer };
}
