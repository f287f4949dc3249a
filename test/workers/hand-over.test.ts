/** What the main thread and the worker thread make of attempts, read as a runner reads it: each has what is its own, and nothing of another. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../../src/domain/byte-text.js";
import type { Descriptor } from "../../src/domain/ports.js";
import { CommandReader, type TaskOrder } from "../../src/workers/portable/commands.js";
import { HandOverText } from "../../src/workers/runner/hand-over.js";
import type { LookupResult } from "../../src/workers/thread/command-lookup.js";
import { fillInFiles } from "../../src/workers/thread/fill-in-files.js";
import { fc } from "../support/properties.js";
import { Chance } from "../scheduler/support/chance.js";

const TEXTS = ["", "plain", "größe", "\udcff\udc80", "a b", "=", "日本"];
const CLAIM = { type: "start", claim: "spool-0", width: 4 } as const;

interface Job {
  readonly name: string;
  readonly run: string;
  readonly jobEnv: Descriptor["env"];
}

function randomEnv(chance: Chance): Descriptor["env"] {
  return Object.fromEntries(chance.some(["A", "B", "PWD", "PATH", "ö"], 0.4).map((name) => [name, chance.pick(TEXTS)]));
}

function randomAttempt(chance: Chance, key: number, { name, run, jobEnv }: Job): Descriptor {
  const logs = `/jobs/${name}/logs`;
  const isApart = chance.happens(0.3);
  return {
    key,
    slot: 0,
    job: name,
    run,
    task: `t${key}`,
    attempt: 1 + chance.below(2),
    command: chance.pick(["make", "./tool", "größe", "missing"]),
    args: Array.from({ length: chance.below(3) }, () => chance.pick(TEXTS)),
    ...(chance.happens(0.1) && { becomes: "later" }),
    cwd: chance.pick(["/here", "/there/größe"]),
    env: chance.happens(0.5) ? jobEnv : { ...jobEnv, ...randomEnv(chance) },
    jobEnv,
    stdin: chance.pick([null, null, "/input"]),
    log: `${logs}/t${key}.log`,
    errorLog: isApart ? `${logs}/t${key}.err` : null,
    earlierLog: null,
    earlierErrorLog: null,
    limitMs: chance.pick([null, 1_000]),
    graceMs: chance.pick([0, 5_000]),
  };
}

/** What a look finds. */
const fileOf = (command: string, cwd: string, path = process.env["PATH"]): string => `/found/${command} in ${cwd} by ${path}`;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const asBytes = (words: string): string => text(bytesOf(words));

/** As a runner understands it: the first of a name counts. */
function understood({ env, ...order }: TaskOrder): unknown {
  const variables = new Map<string, string>();
  for (const variable of env) {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(text(variable))!;
    if (!variables.has(name)) variables.set(name, value);
  }
  const { key, cwd, logs, log, errorLog, input, limitMs, graceMs, file, args } = order;
  return {
    ...{ key, limitMs, graceMs, variables },
    words: [cwd, logs, log, errorLog, input, file, ...args].map(text),
  };
}

function meant(attempt: Descriptor): unknown {
  const { key, job, task, attempt: number, command, args, cwd, env, stdin, log, errorLog, limitMs, graceMs } = attempt;
  const ours = { PWD: cwd, AIR_EXECUTOR_JOB: job, AIR_EXECUTOR_TASK: task, AIR_EXECUTOR_ATTEMPT: String(number) };
  const [logs, name] = [log.slice(0, log.lastIndexOf("/")), log.slice(log.lastIndexOf("/") + 1)];
  const errorName = errorLog === null ? "" : errorLog.slice(logs.length + 1);
  return {
    ...{ key, limitMs: limitMs ?? 0, graceMs },
    variables: new Map(Object.entries({ ...env, ...ours }).map(([variable, value]) => [asBytes(variable), asBytes(value)])),
    words: [cwd, logs, name, errorName, stdin ?? "", fileOf(command, cwd, env["PATH"]), command, ...args].map(asBytes),
  };
}

test("of many jobs at once, each attempt reaches the runner with its own directory, variables and files, whatever came before it", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(1, 3, 80), (seed, most) => {
      const chance = new Chance(seed);
      const [writer, reader] = [new HandOverText(), new CommandReader()];
      const jobs = new Map<string, Job>();
      const find = (...wanted: [string, string, string]): LookupResult =>
        wanted[0] === "missing" ? { problem: "missing" } : { file: fileOf(...wanted) };
      let key = 0;
      for (let turn = 0; turn < 60; turn++) {
        const attempts = Array.from({ length: 1 + chance.below(4) }, () => {
          const name = `job-${chance.below(most)}`;
          const job = (chance.happens(0.9) && jobs.get(name)) || { name, run: `${key}`, jobEnv: randomEnv(chance) };
          jobs.set(name, job);
          return randomAttempt(chance, (key += 1), job);
        });
        if (chance.happens(0.1)) writer.forget(attempts[0]!.job);
        const problems: number[] = [];
        const isLeftOut = (one: number): boolean => one % 7 === 0;
        const handOver = { ...CLAIM, ...writer.write(attempts) };
        const bytes = fillInFiles(handOver, { find, forget: () => {} }, isLeftOut, (one) => problems.push(one));
        const [missing, found] = [true, false].map((is) => attempts.filter(({ command }) => (command === "missing") === is));
        assert.deepEqual(
          problems,
          missing!.map((attempt) => attempt.key),
        );
        const orders = [...reader.take(Buffer.from(bytes))].map((command) => {
          assert.equal(command.type, "run");
          return understood((command as { readonly task: TaskOrder }).task);
        });
        assert.deepEqual(orders, found!.filter((attempt) => !isLeftOut(attempt.key)).map(meant));
      }
    }),
    { numRuns: 60 },
  );
});
