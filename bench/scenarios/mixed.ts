/** Graphs of sleeps, at several numbers of slots: how near the whole comes to what the graph allows. */

import { exitCodeSaysAll } from "../checks.js";
import * as columns from "../columns.js";
import type { Contender, Scenario } from "../contender.js";
import { checkCompleted, engineCommand, spanMs } from "../engine.js";
import { writeJobFile, writeMakefile } from "../graph-files.js";
import { durationOf, type GraphTask } from "../graphs.js";
import { over } from "../measured.js";

export function mixedScenario(name: string, tasks: readonly GraphTask[], slotNumbers: readonly number[]): Scenario {
  const { criticalPathMs, workMs } = durationOf(tasks);
  const jobFile = `${name}.json`;
  const contenders = slotNumbers.flatMap((slots): Contender[] => {
    // The longer of the two is the least that any tool needs, if processes cost nothing.
    const leastMs = Math.max(criticalPathMs, workMs / slots);
    return [
      {
        name: `make, ${slots} slots`,
        needs: "make",
        command: ["make", `-j${slots}`],
        prepare: (directory) => writeMakefile(directory, tasks),
        check: () => ({ ...exitCodeSaysAll(), leastMs }),
      },
      {
        name: `air-executor, ${slots} slots`,
        command: engineCommand(jobFile, slots),
        prepare: (directory) => writeJobFile(directory, jobFile, tasks),
        check: ({ directory }) => {
          checkCompleted(directory, name, tasks.length);
          return { leastMs, spanMs: spanMs(directory, name) };
        },
      },
    ];
  });
  return {
    name: `mixed-${name}`,
    title:
      `${columns.show(tasks.length)} sleeps, critical path ${columns.show(criticalPathMs)} ms, work ${columns.show(workMs)} ms; ` +
      "least: the longer of critical path and work ÷ slots",
    contenders,
    columns: [
      columns.wall,
      columns.value("first start to last end ms", "spanMs"),
      { title: "least ms (computed)", of: (contender, measured) => measured.median(contender, "leastMs") },
      {
        title: "wall ÷ least",
        digits: 2,
        of: (contender, measured) => over(measured.median(contender, "wallMs"), measured.median(contender, "leastMs")),
      },
    ],
    goals: [],
  };
}
