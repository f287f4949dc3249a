/**
 * How much of a pool: what a task's `resources` and a job's `pools` may say, and how that becomes amounts. Memory is a size with its unit,
 * the others are numbers. Whether a pool is there, and large enough, is not asked here (demand-faults.ts). Pure.
 */

import { DEFAULT_RESOURCES, type Resources } from "../../domain/resources.js";
import { describe, quote } from "./describe.js";
import { checkSize, formatSize, parseSize } from "./sizes.js";

type Written = Readonly<Record<string, unknown>>;

const POOL_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const SMALLEST_CPU = 0.01;
const MOST = 1e6;
const DECIMALS = 4;

/** One entry of a task's `resources`. */
export function checkDemand(pool: string, value: unknown): string | null {
  return checkName(pool) ?? checkAmount(pool, value, pool === "cpu" ? SMALLEST_CPU : 0);
}

/** One entry of a job's `pools`. */
export function checkPool(pool: string, value: unknown): string | null {
  return checkName(pool) ?? checkAmount(pool, value, pool === "cpu" ? SMALLEST_CPU : 1 / 10 ** DECIMALS);
}

function checkName(pool: string): string | null {
  if (POOL_NAME.test(pool)) return null;
  return `expected the name of a pool, of letters, digits, "_", "-" and "." and beginning with a letter, got ${quote(pool)}`;
}

function checkAmount(pool: string, value: unknown, least: number): string | null {
  if (pool === "memory") return value === 0 && least === 0 ? null : checkSize(value);
  const isWhole = pool === "gpu";
  const what = isWhole ? `a whole number of gpus, from 0 to ${MOST}` : `a number from ${least} to ${MOST}`;
  const isRight = (amount: number): boolean => amount >= least && amount <= MOST && (!isWhole || Number.isInteger(amount));
  if (typeof value === "number" && isRight(value)) {
    const isFine = Math.abs(value - Number(value.toFixed(DECIMALS))) < 1e-12;
    return isFine ? null : `expected ${what} with at most ${DECIMALS} decimals, got ${describe(value)}`;
  }
  const isQuoted = typeof value === "string" && value.trim() !== "" && isRight(Number(value));
  return `expected ${what}, got ${describe(value)}${isQuoted ? `: write ${Number(value)} without quotes` : ""}`;
}

/** What was written and is right. What is 0 is left out. */
export function readAmounts(written: Written): Resources {
  const amounts: [string, number][] = [];
  for (const [pool, value] of Object.entries(written)) {
    const amount = typeof value === "string" ? (parseSize(value) ?? 0) : (value as number);
    if (amount > 0) amounts.push([pool, amount]);
  }
  return Object.fromEntries(amounts);
}

export function writeAmounts(amounts: Resources): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([pool, amount]) => [pool, pool === "memory" ? formatSize(amount) : amount]),
  );
}

/** Demands that many tasks have in common, so that they share an object. Forgotten now and then: there may be as many as tasks. */
const known = new Map<string, Resources>();
const MOST_KNOWN = 1000;

/** What a task takes that says this: a cpu, too, unless it says how many. */
export function readDemand(written: Written): Resources {
  const demand = readAmounts({ ...DEFAULT_RESOURCES, ...written });
  if (demand["cpu"] === DEFAULT_RESOURCES["cpu"] && Object.keys(demand).length === 1) return DEFAULT_RESOURCES;
  const key = JSON.stringify(demand);
  const shared = known.get(key);
  if (shared !== undefined) return shared;
  if (known.size === MOST_KNOWN) known.clear();
  known.set(key, Object.freeze(demand));
  return demand;
}

/** Without what goes without saying. */
export function writeDemand({ cpu, ...others }: Resources): Record<string, number | string> {
  return { ...(cpu !== DEFAULT_RESOURCES["cpu"] && { cpu: cpu! }), ...writeAmounts(others) };
}
