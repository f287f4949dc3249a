/**
 * A task's `matrix`: lists and ranges of values by key, and every combination of them, in the order in which they are written, the last
 * key fastest. Pure.
 *
 *     {"shard": "0..9", "lang": ["de", "fr"], "exclude": [{"shard": 0, "lang": "fr"}], "include": [{"shard": 10, "lang": "it"}]}
 */

import { describe, isObject, quote } from "../describe.js";
import type { Path, PathFault, SourceOf } from "../places.js";
import { NAME } from "./placeholders.js";

export interface Matrix {
  readonly keys: readonly string[];
  /** So many there are at most: all combinations, and what is included. */
  readonly count: number;
  /** Each combination has a text for each key, in their order. */
  readonly combinations: () => Combination[];
}

export type Combination = readonly string[];

/** More come of no matrix. */
export const MOST_COMBINATIONS = 1_000_000;

const RANGE = /^(-?\d+)\.\.(-?\d+)(?:\.\.([+-]?\d+))?$/;
const RESERVED: ReadonlySet<string> = new Set(["include", "exclude"]);

/** Null if there are faults, which are put to the others. Values must have been filled with the params. */
export function readMatrix(written: unknown, path: Path, faults: PathFault[], sourceOf: SourceOf): Matrix | null {
  const before = faults.length;
  const fault = (inside: Path, message: string): void => void faults.push({ path: [...path, ...inside], message });
  if (!isObject(written)) {
    fault([], `expected an object such as {"shard": "0..9"} or {"lang": ["de", "fr"]}, got ${describe(written)}`);
    return null;
  }
  const axes = Object.entries(written).filter(([key]) => !RESERVED.has(key) && !key.startsWith("_"));
  const keys = axes.map(([key]) => key);
  if (keys.length === 0) fault([], 'expected at least one key, such as {"shard": "0..9"}');
  for (const key of keys)
    if (!NAME.test(key))
      fault([key], `expected a key of letters, digits, "_" and "-", the first of them a letter, got ${quote(key)}`);
  const textOf: TextOf = (value, inside) =>
    (typeof value === "number" ? sourceOf([...path, ...inside]) : undefined) ?? String(value);
  const counts = axes.map(([key, values]) =>
    countOf(
      values,
      (inside, message) => fault([key, ...inside], message),
      (value, index) => textOf(value, [key, index]),
    ),
  );
  const rules = (name: "exclude" | "include"): readonly Rule[] =>
    rulesOf(written[name], keys, name === "include", (inside, message) => fault([name, ...inside], message)).map(({ rule, at }) =>
      keys.map((key) => (Object.hasOwn(rule, key) ? textOf(rule[key], [name, at, key]) : null)),
    );
  const [excluded, included] = [rules("exclude"), rules("include")];
  const count = counts.reduce((sum, each) => sum * each, 1) + included.length;
  if (faults.length === before && count > MOST_COMBINATIONS) {
    const limit = `at most ${MOST_COMBINATIONS.toLocaleString("en")} combinations`;
    fault([], `expected ${limit}, got ${count.toLocaleString("en")}: let a task do more than one of them`);
  }
  if (faults.length > before) return null;
  const combinations = (): Combination[] => {
    const all = product(axes.map(([key, values]) => textsOf(values, (value, index) => textOf(value, [key, index]))));
    return [...all.filter((each) => !excluded.some((rule) => matches(rule, each))), ...included.map((rule) => rule.map(String))];
  };
  return { keys, count, combinations };
}

/** Every one of the first with every one of the second, and so on. */
function product(lists: readonly (readonly string[])[]): string[][] {
  let rows: string[][] = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((value) => row.concat(value)));
  return rows;
}

type TextOf = (value: unknown, inside: Path) => string;
type Complain = (inside: Path, message: string) => void;

/** How many values there are; 0 with a fault. Makes none of them. */
function countOf(values: unknown, complain: Complain, textOf: (value: unknown, index: number) => string): number {
  if (typeof values === "string") {
    const range = rangeOf(values);
    if (range !== null && range.count > 0) return range.count;
    const what = range === null ? `the text ${quote(values)}` : `${quote(values)}, which never comes to its end`;
    complain([], `expected a list, or a range such as "0..9" or "0..100..10", got ${what}`);
    return 0;
  }
  if (!Array.isArray(values)) {
    complain([], `expected a list, or a range such as "0..9" or "0..100..10", got ${describe(values)}`);
    return 0;
  }
  if (values.length === 0) complain([], "expected at least one value, got an empty list: then there would be no task at all");
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (!isValue(value)) complain([index], `expected a text, a number, true or false, got ${describe(value)}`);
    else if (seen.has(textOf(value, index)))
      complain([index], `the value ${quote(textOf(value, index))} stands there twice: remove one`);
    else seen.add(textOf(value, index));
  }
  return values.length;
}

function textsOf(values: unknown, textOf: (value: unknown, index: number) => string): readonly string[] {
  const range = typeof values === "string" ? rangeOf(values) : null;
  if (range === null) return (values as readonly unknown[]).map(textOf);
  const { first, stride, count, width } = range;
  return Array.from({ length: count }, (_, index) => padded(first + index * stride, width));
}

/** Both ends belong to it. Zeros in front of an end give all numbers that width, as in a shell's `{000..099}`. */
function rangeOf(text: string): { first: number; stride: number; count: number; width: number } | null {
  const [, from, to, by] = RANGE.exec(text.trim()) ?? [];
  if (from === undefined || to === undefined) return null;
  const [first, last] = [Number(from), Number(to)];
  const stride = by === undefined ? (last < first ? -1 : 1) : Number(by);
  const count = stride === 0 ? 0 : Math.max(0, Math.floor((last - first) / stride) + 1);
  const isPadded = [from, to].some((end) => /^-?0\d/.test(end));
  return { first, stride, count, width: isPadded ? Math.max(from.length, to.length) : 0 };
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
}

/** A value for each key, in their order; null where a rule says none. */
type Rule = readonly (string | null)[];

function rulesOf(
  list: unknown,
  keys: readonly string[],
  isWhole: boolean,
  complain: Complain,
): { readonly rule: Readonly<Record<string, unknown>>; readonly at: number }[] {
  if (list === undefined || list === null) return [];
  const example = JSON.stringify(Object.fromEntries(keys.map((key) => [key, "…"])));
  if (!Array.isArray(list)) {
    complain([], `expected a list such as [${example}], got ${describe(list)}`);
    return [];
  }
  return list.flatMap((rule: unknown, at) => {
    if (!isObject(rule)) {
      complain([at], `expected an object such as ${example}, got ${describe(rule)}`);
      return [];
    }
    for (const [key, value] of Object.entries(rule)) {
      if (!keys.includes(key)) complain([at, key], `the matrix has no key ${quote(key)}, only ${keys.map(quote).join(", ")}`);
      else if (!isValue(value)) complain([at, key], `expected a text, a number, true or false, got ${describe(value)}`);
    }
    const missing = keys.find((key) => isWhole && !Object.hasOwn(rule, key));
    if (missing !== undefined) complain([at], `expected a value for each key, but ${quote(missing)} is missing`);
    return [{ rule, at }];
  });
}

function matches(rule: Rule, combination: Combination): boolean {
  return rule.every((value, index) => value === null || value === combination[index]);
}

function isValue(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}
