/** What a manager does with jobs that are dropped for it: how soon, how many, how fairly, and what it costs while nothing happens. */

import { join } from "node:path";
import * as columns from "../columns.js";
import type { Goal, Scenario } from "../contender.js";
import type { Values } from "../result.js";
import type { Sizes } from "../options.js";
import { over, times } from "../measured.js";
import { repository } from "../toolbox.js";

const managerRun = join(repository, "dist", "bench", "manager-run.js");

export function dropScenario({ drops, floods, endedJobs }: Sizes): Scenario {
  const latency = `${columns.show(drops)} drops, one after the other`;
  const flood = `${columns.show(floods)} drops at once`;
  const beside = "3 tasks beside 300";
  const ended = `${columns.show(endedJobs)} ended jobs`;
  const contender = (name: string, kind: string, count: number): Scenario["contenders"][number] => ({
    name,
    command: ["node", managerRun, kind, String(count)],
    check: ({ stdout }) => JSON.parse(stdout) as Values,
  });
  return {
    name: "drop",
    title:
      "a manager with jobs of /bin/true (beside: of sleep 0.05) that are dropped for it, as many at a time as there are cores",
    contenders: [
      contender(latency, "latency", drops),
      contender(flood, "flood", floods),
      contender(beside, "beside", 300),
      contender(ended, "ended", endedJobs),
    ],
    columns: [
      columns.value("start to up ms", "upMs"),
      columns.value("drop to start ms: median", "medianMs"),
      columns.value("p95", "p95Ms"),
      columns.value("all dropped ms", "droppedMs"),
      columns.value("all ended ms", "allEndedMs"),
      {
        title: "CPU ms a job",
        digits: 1,
        of: (who, measured) => (who === flood ? times(measured.median(who, "cpuMs"), 1 / floods) : null),
      },
      columns.value("3 tasks alone ms", "aloneMs"),
      columns.value("beside 300 ms", "besideMs"),
      columns.value("idle CPU %", "idlePercent", 1),
      columns.value("written again to start ms", "foundMs"),
      columns.value("RSS MB", "rssMb"),
    ],
    goals: [
      goal("drop to first start, idle", "ms", 50, 10, (measured) => measured.median(latency, "medianMs")),
      goal(`start with ${ended}`, "ms", 1000, 500, (measured) => measured.median(ended, "upMs")),
      goal(`idle CPU with ${ended}`, "%", 2, 1, (measured) => measured.median(ended, "idlePercent")),
      goal("3 tasks beside 300 ÷ alone", "×", 3, 1.5, (measured) =>
        over(measured.median(beside, "besideMs"), measured.median(beside, "aloneMs")),
      ),
    ],
  };
}

function goal(what: string, unit: string, bar: number, hope: number, of: Goal["of"]): Goal {
  return { what: `drop: ${what}`, kind: "at most", bar, hope, unit, of };
}
