/** Makes of a bench's result what its page is drawn from. Pure. */

import type { BenchData, BenchPointData } from "../page/data.js";
import { lawFacts, timeFacts } from "../sweep/facts.js";
import type { BenchResult, PointResult } from "../sweep/result.js";

const VERDICTS = { faster: "faster", slower: "slower", same: "no difference", "too-few": "too few runs" } as const;
/** Of a point so many single runs are shown. */
const MOST_TIMES = 200;

export function benchDataOf(result: BenchResult): BenchData {
  const { machine, points, runs, knee, baseline } = result;
  const axis = axisOf(result);
  return {
    name: result.name,
    id: result.id,
    createdAt: result.created_at,
    machine: `${machine.cores} cores (${machine.cpu}), ${Math.round(machine.memory_mb / 1024)} GiB, ${machine.system}, Node ${machine.node}`,
    ended: result.ended,
    knee: knee?.text ?? null,
    kneePoint: knee?.point ?? null,
    baseline,
    axis: axis ?? "at a time",
    points: points.map((point, index): BenchPointData => {
      const good = runs.filter((run) => run.point === index && !run.warmup && run.figures !== null);
      return {
        label: point.label,
        x: axis === null ? point.concurrency : Number(point.params[axis]),
        series: seriesOf(point, result, axis),
        concurrency: point.concurrency,
        runs: point.runs,
        failed: point.failed,
        verdict: index === baseline ? "baseline" : point.verdict === null ? "" : VERDICTS[point.verdict],
        wall: point.wall,
        own: point.own?.value ?? null,
        speedUp: point.speed_up,
        efficiency: point.efficiency,
        cpu: point.cpu?.value ?? null,
        memory: point.memory?.value ?? null,
        times: good.slice(0, MOST_TIMES).map(({ figures }) => figures!.wall_ms),
      };
    }),
    laws: lawFacts(result).map(([series, text]) => ({ series, text })),
    facts: timeFacts(result),
    warnings: result.warnings,
  };
}

/** The param along which points are drawn; null for the number at a time. */
function axisOf({ plan }: BenchResult): string | null {
  if (plan.concurrency.length > 1) return null;
  const isNumeric = (name: string): boolean =>
    plan.params[name]!.every((value) => value !== "" && Number.isFinite(Number(value)));
  return Object.keys(plan.params).find((name) => plan.params[name]!.length > 1 && isNumeric(name)) ?? null;
}

function seriesOf({ params, concurrency }: PointResult, { plan }: BenchResult, axis: string | null): string {
  const others = Object.entries(params).filter(([name]) => name !== axis && (plan.params[name]?.length ?? 0) > 1);
  const words = others.map(([name, value]) => `${name}=${value}`);
  return [...words, ...(axis !== null && plan.concurrency.length > 1 ? [`${concurrency} at a time`] : [])].join(", ");
}
