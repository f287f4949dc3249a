/**
 * A program that maps numbers to tasks that are no processes, and counts what is left of them: the task objects that are alive after a
 * collection of garbage, after a first stretch and after a long one. Prints both figures as JSON. Needs --expose-gc.
 *
 *     node --expose-gc memory.js DIR FIRST LAST
 */

import { setImmediate as turn } from "node:timers/promises";
import { NoOpRunner } from "../../bench/no-op-runner.js";
import { AirExecutor, type MapTask } from "../../src/index.js";

const [dir = "", first = "", last = ""] = process.argv.slice(2);
const executor = await AirExecutor.open({ dir, concurrency: 4, runner: new NoOpRunner(4) });
const tasks = new Set<WeakRef<readonly string[]>>();

function* numbers(): Generator<number> {
  for (let number = 0; ; number++) yield number;
}

/** Its arguments: the one part of a task that the engine keeps as it was given for as long as it keeps the task. */
function toTask(number: number): MapTask {
  const args = [`${number}`];
  tasks.add(new WeakRef(args));
  return { command: "true", args };
}

/** WeakRefs are cleared between turns of the event loop. */
async function countAlive(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await turn();
    globalThis.gc!();
  }
  for (const task of tasks) if (task.deref() === undefined) tasks.delete(task);
  return tasks.size;
}

const alive: number[] = [];
let read = 0;
for await (const { index } of executor.map(numbers(), toTask, { name: "flat", window: 16 })) {
  if (index < 0) throw new Error(`Internal error: ${index}`);
  read += 1;
  if (read === Number(first) || read === Number(last)) alive.push(await countAlive());
  if (read === Number(last)) break;
}
await executor.close();
console.log(JSON.stringify(alive));
