/**
 * What speaks against the demands of tasks: a pool that nobody has declared, or one that is smaller than what a task would take of it, which
 * could never run. Asked before a job is taken, next to its graph. Pure.
 */

import type { Resources } from "../../domain/resources.js";
import type { TaskSpec } from "../../domain/task.js";
import { formatSize } from "./sizes.js";
import type { PathFault } from "./places.js";
import { suggest } from "./suggest.js";

/** How much an engine has, by the name of the pool: all that it has but, perhaps, those that nobody asks for. */
export type EnginePools = ReadonlyMap<string, number>;

/** Asks whether tasks can run where a job is held; `own` are the job's pools. Gives what speaks against it, as paths into the job. */
export type FitCheck = (tasks: readonly TaskSpec[], own: Resources) => Promise<readonly PathFault[]>;

/** For where no engine holds it: whoever runs it then asks again. */
export const fitsItself: FitCheck = async (tasks, own) => demandFaults(tasks, own, null);

/** By which option a user says how much of a pool there is. */
const OPTIONS: Readonly<Record<string, string>> = { cpu: "--concurrency", memory: "--memory", gpu: "--gpus" };

/**
 * Paths begin at `["tasks", …]`. Of tasks that take the same only the first is named.
 *
 * @param own the job's `pools`. @param engine null if it is not known which engine will run it.
 */
export function demandFaults(tasks: readonly TaskSpec[], own: Resources, engine: EnginePools | null): PathFault[] {
  const faults: PathFault[] = [];
  for (const [resources, index] of demandsOf(tasks)) {
    for (const [pool, amount] of Object.entries(resources)) {
      const message = poolFault(pool, amount, own, engine);
      if (message !== null) faults.push({ path: ["tasks", index, "resources", pool], message });
    }
  }
  return faults;
}

/** Tasks that may take longer than anything can run where they are to run; of those with the same limit only the first is named. */
export function timeoutFaults(tasks: readonly TaskSpec[], longestMs: number): PathFault[] {
  if (longestMs === Infinity) return [];
  const told = new Set<number>();
  return tasks.flatMap(({ timeoutMs }, index) => {
    if (timeoutMs === null || timeoutMs <= longestMs || told.has(timeoutMs)) return [];
    told.add(timeoutMs);
    const message = `its timeout is ${timeoutMs / 1000} s, and nothing runs longer than ${longestMs / 1000} s there: give --time more, or it less`;
    return [{ path: ["tasks", index, "timeout"], message }];
  });
}

/** The pools that tasks take of. */
export function poolsOf(tasks: readonly TaskSpec[]): ReadonlySet<string> {
  return new Set([...demandsOf(tasks).keys()].flatMap((resources) => Object.keys(resources)));
}

/** Each with the index of the first task that takes it. Most tasks share these objects with the one before. */
function demandsOf(tasks: readonly TaskSpec[]): ReadonlyMap<Resources, number> {
  const demands = new Map<Resources, number>();
  let latest: Resources | null = null;
  for (const [index, { resources }] of tasks.entries()) {
    if (resources !== latest && !demands.has(resources)) demands.set(resources, index);
    latest = resources;
  }
  return demands;
}

/** `2 of licence`, `4GiB of memory`. */
export function amountText(pool: string, amount: number): string {
  return `${pool === "memory" ? sizeText(amount) : amount} of ${pool}`;
}

function poolFault(pool: string, amount: number, own: Resources, engine: EnginePools | null): string | null {
  const ownSize = own[pool];
  if (ownSize !== undefined && amount > ownSize) {
    return `${tooMuch(pool, amount, ownSize)} in the job's \`pools\`: take less, or declare more`;
  }
  if (engine === null) return null;
  const size = engine.get(pool);
  if (size === undefined) return ownSize === undefined ? unknown(pool, own, engine) : null;
  if (amount <= size) return null;
  const option = OPTIONS[pool] ?? "--pool";
  const value = pool === "memory" ? formatSize(amount) : option === "--pool" ? `${pool}=${amount}` : Math.ceil(amount);
  return `${tooMuch(pool, amount, size)}, so it could never run: take less, or give the engine more with ${option} ${value}`;
}

function tooMuch(pool: string, amount: number, size: number): string {
  return `it takes ${amountText(pool, amount)}, and there is ${size === 0 ? "none" : `only ${pool === "memory" ? sizeText(size) : size}`}`;
}

function unknown(pool: string, own: Resources, engine: EnginePools): string {
  const meant = suggest(pool, [...Object.keys(own), ...engine.keys(), ...Object.keys(OPTIONS)]);
  const remedy = `declare it in the job's \`pools\`, or give it to the engine with --pool ${pool}=N`;
  return `unknown pool ${JSON.stringify(pool)}: ${meant === null ? remedy : `did you mean \`${meant}\`?`}`;
}

/** To a tenth where all digits would say nothing. */
function sizeText(bytes: number): string {
  const exact = formatSize(bytes);
  return exact.length <= 8 ? exact : `${(bytes / 1024 ** 3).toFixed(1)}GiB`;
}
