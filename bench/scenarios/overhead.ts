/** What our bookkeeping costs: fan-outs whose tasks are no processes at all, journal and snapshots included. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import * as columns from "../columns.js";
import type { Goal, Scenario } from "../contender.js";
import { checkCompleted } from "../engine.js";
import { writeJobFile } from "../graph-files.js";
import { fanOut } from "../graphs.js";
import { minus, over, times, type Measured } from "../measured.js";
import type { OverheadReport } from "../overhead-run.js";
import { repository } from "../toolbox.js";

const overheadRun = join(repository, "dist", "bench", "overhead-run.js");

export function overheadScenario(counts: readonly number[], slots: number): Scenario {
  const smallest = Math.min(...counts);
  return {
    name: "overhead",
    title: `prepare → N no-ops → merge, ${slots} at a time, each size in a process of its own`,
    limitSeconds: 900,
    contenders: counts.map((count) => ({
      name: nameOf(count),
      command: ["node", overheadRun, `fan-out-${count}.json`, String(slots)],
      prepare: (directory) => writeJobFile(directory, `fan-out-${count}.json`, fanOut(count, "/bin/true")),
      check: ({ directory, stdout, startedAt }) => {
        const total = count + 2;
        const report: OverheadReport = JSON.parse(stdout);
        assert.equal(report.started, total, `expected ${total} starts, got ${report.started}`);
        checkCompleted(directory, "overhead", total);
        return {
          tasks: total,
          firstStartMs: report.firstStartAt - startedAt,
          taskUs: ((report.endedAt - report.firstStartAt) / total) * 1000,
        };
      },
    })),
    columns: [
      columns.value("command to first start ms", "firstStartMs"),
      columns.value("from then on, µs a task", "taskUs", 1),
      columns.wall,
      columns.peakRss,
      // Against the smallest size, which is mostly Node itself.
      {
        title: "peak RSS KB a further task",
        digits: 1,
        of: (contender, measured) => furtherKb(measured, contender, nameOf(smallest)),
      },
    ],
    goals: [
      goal("bookkeeping a task at 100,000", "µs", 50, 15, (measured) => measured.median(nameOf(100_000), "taskUs")),
      goal("command to first start at 100,000", "ms", 2500, 1000, (measured) => measured.median(nameOf(100_000), "firstStartMs")),
      goal("peak RSS at 100,000", "MB", 400, 250, (measured) => measured.median(nameOf(100_000), "peakRssMb")),
      goal("time a task, 1,000,000 ÷ 10,000", "×", 1.5, 1.1, (measured) =>
        over(measured.median(nameOf(1_000_000), "taskUs"), measured.median(nameOf(10_000), "taskUs")),
      ),
      goal("peak RSS at 1,000,000", "MB", 3000, 1500, (measured) => measured.median(nameOf(1_000_000), "peakRssMb")),
    ],
  };
}

function furtherKb(measured: Measured, contender: string, smallest: string): number | null {
  const megabytes = minus(measured.median(contender, "peakRssMb"), measured.median(smallest, "peakRssMb"));
  return over(times(megabytes, 1024), minus(measured.median(contender, "tasks"), measured.median(smallest, "tasks")));
}

function goal(what: string, unit: string, bar: number, hope: number, of: Goal["of"]): Goal {
  return { what: `overhead: ${what}`, kind: "at most", bar, hope, unit, of };
}

function nameOf(count: number): string {
  return `${columns.show(count)} tasks`;
}
