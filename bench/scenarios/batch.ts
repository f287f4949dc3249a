/** `air-executor map` beside what people use for one line and many inputs; and its output in order beside cat. */

import { readFileSync, writeFileSync, statSync } from "node:fs";
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { checkJoblog, exitCodeSaysAll } from "../checks.js";
import * as columns from "../columns.js";
import type { Goal, Run, Scenario } from "../contender.js";
import type { Values } from "../result.js";
import { checkCompleted, jobDirectory, mapCommand } from "../engine.js";

const us = "air-executor map";

export function batchScenario(count: number, slots: number): Scenario {
  const lines = Array.from({ length: count }, (_, index) => `line ${index}\n`).join("");
  const prepare = (directory: string): void => writeFileSync(join(directory, "lines"), lines);
  return {
    name: "batch",
    title: `/bin/true for each of ${columns.show(count)} lines, ${slots} at a time`,
    contenders: [
      { name: "limit", command: ["limit", String(slots), String(count), "/bin/true", "line"], check: exitCodeSaysAll },
      {
        name: "xargs",
        needs: "xargs",
        command: ["sh", "-c", `xargs -d '\\n' -P ${slots} -n 1 /bin/true < lines`],
        prepare,
        check: exitCodeSaysAll,
      },
      {
        name: "GNU parallel",
        needs: "parallel",
        command: ["sh", "-c", `parallel -j${slots} --joblog joblog --results results /bin/true {} :::: lines`],
        prepare,
        check: (run) => checkJoblog(run, count),
      },
      {
        name: us,
        command: mapCommand("batch", slots, ["/bin/true", "{}", "::::", "lines"]),
        prepare,
        check: (run) => checkBatch(run, count),
      },
    ],
    columns: [
      columns.wall,
      columns.rate(count),
      columns.speedOver("limit"),
      columns.cpu(count),
      columns.peakRss,
      columns.value("first start after the command, ms", "firstMs"),
    ],
    goals: [
      speedGoal("xargs", 1.3, 1.7),
      speedGoal("GNU parallel", 8, 11),
      {
        what: "batch: first start after the command",
        kind: "at most",
        bar: 250,
        hope: 150,
        unit: "ms",
        of: (measured) => measured.median(us, "firstMs"),
      },
    ],
  };
}

/** @param count how many tasks print. @param bytes how much each of them prints. */
export function orderedOutputScenario(count: number, bytes: number, slots: number): Scenario {
  const prepare = (directory: string): void => writeFileSync(join(directory, "block"), `${"x".repeat(99)}\n`.repeat(bytes / 100));
  const numbers = Array.from({ length: count }, (_, index) => String(index));
  const total = (bytes / 100) * 100 * count;
  const check = ({ directory }: Run): Values => {
    assert.equal(statSync(join(directory, "out")).size, total, "bytes of output");
    return {};
  };
  const bare = "cat";
  const quoted = mapCommand("ordered", slots, ["-k", "--shell", "cat block; : {}", ":::", ...numbers]).map((word) => `'${word}'`);
  return {
    name: "ordered output",
    title: `${columns.show(count)} tasks that print ${columns.show(bytes)} bytes each, in order into a file, ${slots} at a time`,
    contenders: [
      { name: bare, command: ["sh", "-c", `for number in ${numbers.join(" ")}; do cat block; done > out`], prepare, check },
      { name: us, command: ["sh", "-c", `${quoted.join(" ")} > out`], prepare, check },
    ],
    columns: [columns.wall, columns.speedOver(bare), columns.peakRss],
    goals: [
      {
        what: "output in order: speed ÷ cat",
        kind: "at least",
        bar: 0.5,
        hope: 0.8,
        unit: "×",
        of: (measured) => measured.speed(us, bare),
      },
    ],
  };
}

function checkBatch({ directory, startedAt }: Run, count: number): Values {
  checkCompleted(directory, "batch", count);
  const tasks: { started_at: string }[] = JSON.parse(readFileSync(join(jobDirectory(directory, "batch"), "tasks.json"), "utf8"));
  const first = tasks.reduce((least, { started_at }) => Math.min(least, Date.parse(started_at)), Infinity);
  return { firstMs: first - startedAt };
}

function speedGoal(other: string, bar: number, hope: number): Goal {
  return { what: `batch: speed ÷ ${other}`, kind: "at least", bar, hope, unit: "×", of: (measured) => measured.speed(us, other) };
}
