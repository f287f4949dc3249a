/** The library's `map`: what a task costs when it comes and goes as part of a stream, and whether memory stays flat. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import * as columns from "../columns.js";
import type { Contender, Scenario } from "../contender.js";
import { checkCompleted } from "../engine.js";
import type { MapReport } from "../map-run.js";
import { repository } from "../toolbox.js";

const mapRun = join(repository, "dist", "bench", "map-run.js");

/** @param sizes.noOps numbers of tasks that are no processes; @param sizes.trues how many are `/bin/true`. */
export function mapScenario(sizes: { readonly noOps: readonly number[]; readonly trues: number }, slots: number): Scenario {
  const noOps = sizes.noOps.map((count) => contender(nameOf(count), count, slots, "no-op"));
  const largest = nameOf(Math.max(...sizes.noOps));
  return {
    name: "map",
    title: `library map over N numbers, ${slots} at a time, each size in a process of its own`,
    contenders: [...noOps, contender(`${columns.show(sizes.trues)} × true`, sizes.trues, slots, "true")],
    columns: [
      columns.value("from first result to last, µs a task", "taskUs", 1),
      columns.value("then to the end on disk, µs a task", "endUs", 1),
      columns.value("results/s", "rate"),
      columns.wall,
      columns.peakRss,
    ],
    goals: [
      {
        what: `map: peak RSS at ${largest}`,
        kind: "at most",
        bar: 160,
        hope: 120,
        unit: "MB",
        of: (measured) => measured.median(largest, "peakRssMb"),
      },
    ],
  };
}

function contender(name: string, count: number, slots: number, kind: "no-op" | "true"): Contender {
  return {
    name,
    command: ["node", mapRun, String(count), String(slots), kind],
    check: ({ directory, stdout }) => {
      const report: MapReport = JSON.parse(stdout);
      assert.equal(report.completed, count, `expected ${count} results, got ${report.completed}`);
      checkCompleted(directory, "map", count);
      const spanMs = report.lastResultAt - report.firstResultAt;
      return {
        taskUs: (spanMs / count) * 1000,
        endUs: ((report.endedAt - report.lastResultAt) / count) * 1000,
        rate: (count / spanMs) * 1000,
      };
    },
  };
}

function nameOf(count: number): string {
  return `${columns.show(count)} no-ops`;
}
