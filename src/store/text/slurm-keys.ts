/**
 * The one table of what stands under the key `slurm` of a job file: of each entry what it may be, and what it becomes. The words are those of
 * sbatch, without dashes. Pure.
 */

import { parseSlots, parseSlurmTime, SHORTEST_LEASE_MS, MOST_SLOTS, type SlurmOptions } from "../../domain/slurm-options.js";
import { describe, isObject } from "./describe.js";
import { suggest } from "./suggest.js";
import { checkText, type Check } from "./value-checks.js";

/** In the words of the disk. */
export interface WrittenSlurmOptions {
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  /** As sbatch takes it; a number is minutes. */
  readonly time?: string | number;
  /** At most so many, or `"LEAST:MOST"`. */
  readonly slots?: string | number;
  readonly sbatch_args?: readonly string[];
  /** In seconds. */
  readonly lease?: number;
}

interface Entry {
  readonly field: keyof SlurmOptions;
  readonly check: Check;
  /** Default: it is taken as it is written. */
  read?(this: void, written: unknown): unknown;
  /** Default: it is written as it is. */
  write?(this: void, meant: never): unknown;
}

const table: { readonly [Key in keyof Required<WrittenSlurmOptions>]: Entry } = {
  partition: { field: "partition", check: checkWord },
  account: { field: "account", check: checkWord },
  qos: { field: "qos", check: checkWord },
  time: { field: "time", check: checkTimeLimit, read: String },
  slots: {
    field: "slots",
    check: checkSlots,
    read: (written) => parseSlots(String(written)),
    write: ({ min, max }: { min: number; max: number }) => `${min}:${max}`,
  },
  sbatch_args: { field: "sbatchArgs", check: checkSbatchArgs },
  lease: {
    field: "leaseMs",
    check: checkLease,
    read: (seconds) => (seconds as number) * 1000,
    write: (ms: number) => ms / 1000,
  },
};

const entries = Object.entries(table) as [keyof WrittenSlurmOptions, Entry][];

export function checkSlurmOption(key: string, value: unknown): string | null {
  if (Object.hasOwn(table, key)) return value === null ? null : table[key as keyof WrittenSlurmOptions].check(value);
  if (key.startsWith("_")) return null;
  const meant = suggest(key, Object.keys(table));
  return `unknown key \`${key.slice(0, 60)}\`: ${meant === null ? `expected ${Object.keys(table).join(", ")}` : `did you mean \`${meant}\`?`}`;
}

/** What was written and is right. */
export function readSlurmOptions(written: Readonly<Record<string, unknown>>): SlurmOptions {
  return Object.fromEntries(
    entries.flatMap(([key, { field, read }]) => {
      const value = written[key] ?? null;
      return value === null ? [] : [[field, read?.(value) ?? value]];
    }),
  );
}

/** Of a state.json, which may hold anything; nothing where it makes no sense. */
export function slurmOptionsOf(written: unknown): SlurmOptions {
  if (!isObject(written)) return {};
  return readSlurmOptions(
    Object.fromEntries(Object.entries(written).filter(([key, value]) => checkSlurmOption(key, value) === null)),
  );
}

export function writeSlurmOptions(options: SlurmOptions): WrittenSlurmOptions {
  return Object.fromEntries(
    entries.flatMap(([key, { field, write }]) => {
      const value = options[field];
      return value === undefined ? [] : [[key, write?.(value as never) ?? value]];
    }),
  );
}

function checkWord(value: unknown): string | null {
  const fault = checkText(value);
  if (fault !== null || /^[^\0-\x1f]+$/.test(value as string)) return fault;
  return `expected a word as sbatch has it, got ${describe(value)}`;
}

function checkTimeLimit(value: unknown): string | null {
  const isMinutes = typeof value === "number" && Number.isSafeInteger(value) && value > 0;
  if (isMinutes || (typeof value === "string" && (parseSlurmTime(value) ?? 0) > 0)) return null;
  return `expected a time limit as sbatch takes it, such as 30 (minutes), "1:30:00" or "2-0", got ${describe(value)}`;
}

function checkSlots(value: unknown): string | null {
  const isText = typeof value === "string" || typeof value === "number";
  if (isText && parseSlots(String(value)) !== null) return null;
  return `expected how many, or the least and the most, up to ${MOST_SLOTS}, such as 64 or "4:200", got ${describe(value)}`;
}

function checkSbatchArgs(value: unknown): string | null {
  if (!Array.isArray(value)) return `expected a list of arguments such as ["--exclusive"], got ${describe(value)}`;
  return (value as readonly unknown[]).map(checkText).find((fault) => fault !== null) ?? null;
}

function checkLease(value: unknown): string | null {
  if (typeof value === "number" && value * 1000 >= SHORTEST_LEASE_MS && value <= 1e6) return null;
  return `expected seconds, at least ${SHORTEST_LEASE_MS / 1000}, got ${describe(value)}`;
}
