/** prepare → N × /bin/true → merge: what a task costs when there is nothing to it. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkJoblog, checkOutput, exitCodeSaysAll } from "../checks.js";
import * as columns from "../columns.js";
import type { Contender, Goal, Scenario } from "../contender.js";
import { checkCompleted, engineCommand } from "../engine.js";
import { writeJobFile, writeMakefile, writeNinjaFile } from "../graph-files.js";
import { fanOut } from "../graphs.js";
import { minus, times, type Measured } from "../measured.js";
import { repository } from "../toolbox.js";

const us = "air-executor";
const spawnPool = join(repository, "dist", "bench", "peers", "spawn-pool.js");

export function fanOutScenario(count: number, slots: number): Scenario {
  const tasks = fanOut(count, "/bin/true");
  const names = Array.from({ length: count }, (_, index) => `shard-${index + 1}`);
  const writeArgs = (directory: string): void => writeFileSync(join(directory, "args"), `${names.join("\n")}\n`);
  const contenders: Contender[] = [
    {
      name: "limit",
      command: ["sh", "-c", `limit 1 1 /bin/true && limit ${slots} ${count} /bin/true && limit 1 1 /bin/true`],
      check: ({ stdout }) => checkOutput(stdout, `1\n${count}\n1\n`),
    },
    {
      name: "make",
      needs: "make",
      command: ["make", `-j${slots}`],
      prepare: (directory) => writeMakefile(directory, tasks),
      check: exitCodeSaysAll,
    },
    {
      name: "xargs",
      needs: "xargs",
      command: ["sh", "-c", `/bin/true && xargs -P ${slots} -n 1 /bin/true < args && /bin/true`],
      prepare: writeArgs,
      check: exitCodeSaysAll,
    },
    {
      name: "ninja",
      needs: "ninja",
      command: ["ninja", `-j${slots}`],
      prepare: (directory) => writeNinjaFile(directory, tasks),
      check: exitCodeSaysAll,
    },
    {
      name: "GNU parallel",
      needs: "parallel",
      command: [
        "sh",
        "-c",
        `/bin/true && parallel -j${slots} --joblog joblog --results results /bin/true :::: args && /bin/true`,
      ],
      prepare: writeArgs,
      check: (run) => checkJoblog(run, count),
    },
    {
      name: "node spawn",
      command: ["sh", "-c", `/bin/true && node "$0" ${slots} ${count} /bin/true && /bin/true`, spawnPool],
      check: ({ stdout }) => checkOutput(stdout, `${count}\n`),
    },
    {
      name: us,
      command: engineCommand("fan-out.json", slots),
      prepare: (directory) => writeJobFile(directory, "fan-out.json", tasks),
      check: ({ directory }) => {
        checkCompleted(directory, "fan-out", tasks.length);
        return {};
      },
    },
  ];
  const ownCpu = {
    title: "own CPU µs a task",
    of: (contender: string, measured: Measured): number | null =>
      times(minus(measured.median(contender, "cpuMs"), measured.median("limit", "cpuMs")), 1000 / tasks.length),
  };
  return {
    name: "fan-out",
    title: `prepare → ${columns.show(count)} × /bin/true → merge, ${slots} at a time`,
    contenders,
    columns: [
      columns.wall,
      columns.rate(tasks.length),
      columns.speedOver("limit"),
      columns.cpu(tasks.length),
      ownCpu,
      columns.peakRss,
    ],
    goals: [
      speedGoal("make", 1, 1.15),
      speedGoal("xargs", 1.3, 1.5),
      speedGoal("GNU parallel", 7, 9),
      speedGoal("limit", 0.65, 0.8),
      {
        what: "fan-out: own CPU a task",
        kind: "at most",
        bar: 200,
        hope: 100,
        unit: "µs",
        of: (measured) => ownCpu.of(us, measured),
      },
    ],
  };
}

function speedGoal(other: string, bar: number, hope: number): Goal {
  return {
    what: `fan-out: speed ÷ ${other}`,
    kind: "at least",
    bar,
    hope,
    unit: "×",
    of: (measured) => measured.speed(us, other),
  };
}
