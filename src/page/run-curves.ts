/** Which curves a run has: what ran and waited, and, where it was measured, CPU and memory. */

import { count, memory } from "../analysis/figure-text.js";
import { CurveChart } from "./curve-chart.js";
import { curveOf, type Bar, type RunModel } from "./run-model.js";

export function runCurves(model: RunModel): CurveChart[] {
  const { data, bars } = model;
  const { attempts, slots } = data;
  const waiting = bars.map((bar): Bar => Object.assign({}, bar, { from: attempts.ready[bar.attempt]!, to: bar.from }));
  const isKnown = attempts.cpu.some((cpu) => cpu >= 0);
  const charts = [
    new CurveChart({
      title: "Running, and above them ready but waiting",
      curve: curveOf(bars, () => 1),
      above: curveOf(waiting, () => 1),
      limit: slots,
      text: (value) => count(Math.round(value)),
      aboveText: (value) => `${count(Math.round(value))} waiting`,
      color: ({ accent }) => accent,
    }),
  ];
  if (!isKnown) return charts;
  const positive = (value: number): number => Math.max(0, value);
  return [
    ...charts,
    new CurveChart({
      title: "CPU, in cores: what each task took on average while it ran",
      curve: curveOf(bars, ({ attempt, from, to }) => positive(attempts.cpu[attempt]!) / (to - from)),
      text: (value) => value.toFixed(value < 10 ? 1 : 0),
      color: ({ groups }) => groups[1]!,
    }),
    new CurveChart({
      title: "Memory at most: the peaks of all that ran together",
      curve: curveOf(bars, ({ attempt }) => positive(attempts.memory[attempt]!)),
      text: memory,
      color: ({ groups }) => groups[3]!,
    }),
  ];
}
