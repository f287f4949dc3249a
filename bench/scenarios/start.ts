/** What the command costs before it does anything: `run` of one `true` against Node's own start. */

import * as columns from "../columns.js";
import type { Scenario } from "../contender.js";
import { checkCompleted, engineCommand } from "../engine.js";
import { writeJobFile } from "../graph-files.js";

const us = "air-executor";
const bare = "node -e 0";

export function startScenario(slots: number): Scenario {
  return {
    name: "start",
    title: "a job of one /bin/true, from command to exit",
    roundsFactor: 4,
    contenders: [
      { name: bare, command: ["node", "-e", "0"], check: () => ({}) },
      {
        name: us,
        command: engineCommand("one.json", slots),
        prepare: (directory) =>
          writeJobFile(directory, "one.json", [{ id: "one", command: "/bin/true", args: [], dependencies: [] }]),
        check: ({ directory }) => {
          checkCompleted(directory, "one", 1);
          return {};
        },
      },
    ],
    columns: [columns.wall, columns.speedOver(bare), columns.value("CPU ms", "cpuMs"), columns.peakRss],
    goals: [
      {
        what: "start: run of one true ÷ node -e 0",
        kind: "at most",
        bar: 5,
        hope: 2.5,
        unit: "×",
        of: (measured) => measured.speed(bare, us),
      },
    ],
  };
}
