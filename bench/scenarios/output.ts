/** Tasks that print a lot, each into a file of its own. */

import { strict as assert } from "node:assert";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as columns from "../columns.js";
import { checkJoblog } from "../checks.js";
import type { Scenario } from "../contender.js";
import type { Values } from "../result.js";
import { checkCompleted, engineCommand, jobDirectory } from "../engine.js";
import { writeJobFile } from "../graph-files.js";
import type { GraphTask } from "../graphs.js";
import { over } from "../measured.js";

export function outputScenario(count: number, bytes: number, slots: number): Scenario {
  const ids = Array.from({ length: count }, (_, index) => `printer-${index + 1}`);
  const print = ["-c", String(bytes), "/dev/zero"];
  const tasks = ids.map((id): GraphTask => ({ id, command: "head", args: print, dependencies: [] }));
  const check = (directory: string): Values => {
    const sizes = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(directory, name)));
    const whole = sizes.filter((file) => file.isFile() && file.size === bytes).length;
    assert.equal(whole, count, `expected ${count} files of ${bytes} bytes, got ${whole}`);
    return {};
  };
  return {
    name: "output",
    title: `${count} × ${columns.show(bytes / 1e6)} MB of stdout into a file a task, ${slots} at a time`,
    isLarge: true,
    contenders: [
      {
        name: "limit",
        command: ["limit", String(slots), String(count), "--logs", "logs", "/usr/bin/head", ...print],
        prepare: (directory) => mkdirSync(join(directory, "logs")),
        check: ({ directory }) => check(join(directory, "logs")),
      },
      {
        name: "GNU parallel",
        needs: "parallel",
        command: [
          "sh",
          "-c",
          `parallel -j${slots} --joblog joblog --results results 'head ${print.join(" ")} && : {}' :::: args > /dev/null`,
        ],
        prepare: (directory) => writeFileSync(join(directory, "args"), `${ids.join("\n")}\n`),
        check: (run) => ({ ...checkJoblog(run, count), ...check(join(run.directory, "results")) }),
      },
      {
        name: "air-executor",
        command: engineCommand("output.json", slots),
        prepare: (directory) => writeJobFile(directory, "output.json", tasks),
        check: ({ directory }) => {
          checkCompleted(directory, "output", count);
          return check(join(jobDirectory(directory, "output"), "logs"));
        },
      },
    ],
    columns: [
      columns.wall,
      { title: "MB/s", of: (contender, measured) => over((count * bytes) / 1000, measured.median(contender, "wallMs")) },
      columns.speedOver("limit"),
      columns.value("CPU ms", "cpuMs"),
      columns.peakRss,
    ],
    goals: [],
  };
}
