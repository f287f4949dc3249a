/** Short tasks and a chain on a small Slurm cluster of this machine, through our slots, and as a plain job array, which has a job for each task. */

import { strict as assert } from "node:assert";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as columns from "../columns.js";
import type { Contender, Run, Scenario } from "../contender.js";
import { checkCompleted, engineCommand, spanMs } from "../engine.js";
import { writeJobFile } from "../graph-files.js";
import { chain, fanOut, type GraphTask } from "../graphs.js";
import { over } from "../measured.js";
import { repository } from "../toolbox.js";
import type { Values } from "../result.js";

const [us, ourChain, array] = ["slots", "chain", "job array"];
const onCluster = join(repository, "bench", "tools", "on-cluster.sh");

export interface SlurmSizes {
  readonly tasks: number;
  readonly links: number;
  readonly elements: number;
}

export function slurmScenario({ tasks, links, elements }: SlurmSizes): Scenario {
  return {
    name: "slurm",
    title: `${columns.show(tasks)} × /bin/true and a chain of ${links} in 64 slots on three nodes, ${elements} elements of a job array`,
    contenders: [
      ours(us, "fan-out", fanOut(tasks, "/bin/true"), tasks + 2),
      ours(ourChain, "chain", chain(links, "/bin/true"), links),
      {
        name: array,
        needs: "slurmctld",
        command: ["bash", onCluster, "sbatch", "--wait", `--array=1-${elements}`, "--output=out.%a", "element.sh"],
        prepare: (directory) =>
          writeFileSync(join(directory, "element.sh"), "#!/bin/sh\ndate +%s%3N\n/bin/true\ndate +%s%3N\n", { mode: 0o755 }),
        check: (run) => ratesOf(elements, spanOfElements(run, elements)),
      },
    ],
    columns: [
      columns.wall,
      columns.value("tasks/s, first start to last end", "perSecond"),
      columns.value("ms a task, first start to last end", "taskMs", 1),
    ],
    goals: [
      {
        what: "slurm: short tasks a second in 64 slots",
        kind: "at least",
        bar: 500,
        hope: 900,
        unit: "/s",
        of: (measured) => measured.median(us, "perSecond"),
      },
      {
        what: "slurm: the same ÷ a job array",
        kind: "at least",
        bar: 10,
        hope: 30,
        unit: "×",
        of: (measured) => over(measured.median(us, "perSecond"), measured.median(array, "perSecond")),
      },
      {
        what: "slurm: a link of a chain",
        kind: "at most",
        bar: 60,
        hope: 30,
        unit: "ms",
        of: (measured) => measured.median(ourChain, "taskMs"),
      },
    ],
  };
}

function ours(name: string, job: string, tasks: readonly GraphTask[], count: number): Contender {
  const file = `${job}.json`;
  return {
    name,
    needs: "slurmctld",
    command: ["bash", onCluster, ...engineCommand(file, 1).slice(0, -2), "--engine", "slurm", "--slots", "64:64"],
    prepare: (directory) => writeJobFile(directory, file, tasks),
    check: ({ directory }) => {
      checkCompleted(directory, job, count);
      return ratesOf(count, spanMs(directory, job));
    },
  };
}

function ratesOf(count: number, ms: number): Values {
  return { perSecond: (count * 1000) / ms, taskMs: ms / count };
}

/** Each has written when it began and when it ended. */
function spanOfElements({ directory }: Run, count: number): number {
  const files = readdirSync(directory).filter((name) => name.startsWith("out."));
  const times = files.flatMap((name) => readFileSync(join(directory, name), "utf8").trim().split("\n").map(Number));
  assert.equal(times.length, 2 * count, "every element has written its two times");
  return Math.max(...times) - Math.min(...times);
}
