/** Tasks that wait for one another: the time from the end of one to the start of the next, which no parallelism hides. */

import { checkOutput, exitCodeSaysAll } from "../checks.js";
import * as columns from "../columns.js";
import type { Scenario } from "../contender.js";
import { checkCompleted, engineCommand, spanMs } from "../engine.js";
import { writeJobFile, writeMakefile, writeNinjaFile } from "../graph-files.js";
import { chain } from "../graphs.js";
import { over, times } from "../measured.js";

const us = "air-executor";

export function chainScenario(length: number, slots: number): Scenario {
  const tasks = chain(length, "/bin/true");
  return {
    name: "chain",
    title: `${columns.show(length)} × /bin/true, each after the one before, ${slots} slots`,
    contenders: [
      {
        name: "limit",
        command: ["limit", "1", String(length), "/bin/true"],
        check: ({ stdout }) => checkOutput(stdout, `${length}\n`),
      },
      {
        name: "make",
        needs: "make",
        command: ["make", `-j${slots}`],
        prepare: (directory) => writeMakefile(directory, tasks),
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
        name: us,
        command: engineCommand("chain.json", slots),
        prepare: (directory) => writeJobFile(directory, "chain.json", tasks),
        check: ({ directory }) => {
          checkCompleted(directory, "chain", length);
          return { linkUs: (spanMs(directory, "chain") / length) * 1000 };
        },
      },
    ],
    columns: [
      columns.wall,
      columns.speedOver("limit"),
      { title: "wall µs a link", of: (contender, measured) => times(measured.median(contender, "wallMs"), 1000 / length) },
      columns.value("µs a link, first start to last end", "linkUs"),
    ],
    goals: [
      {
        what: "chain: a link ÷ one bare spawn from C",
        kind: "at most",
        bar: 3,
        hope: 1.5,
        unit: "×",
        of: (measured) => over(measured.median(us, "linkUs"), times(measured.median("limit", "wallMs"), 1000 / length)),
      },
    ],
  };
}
