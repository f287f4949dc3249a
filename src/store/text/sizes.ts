/** Sizes as people write them, "4GiB" or "500MB", and as bytes. Pure. */

import { describe } from "./describe.js";
import { suggest } from "./suggest.js";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["kB", 1000],
  ["KB", 1000],
  ["MB", 1000 ** 2],
  ["GB", 1000 ** 3],
  ["TB", 1000 ** 4],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
  ["TiB", 1024 ** 4],
]);
const SIZE = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/;
/** A thousand times what machines have. */
const MOST_BYTES = 1e15;

/** In whole bytes; null for what is no size. */
export function parseSize(text: string): number | null {
  const [, amount, unit = ""] = SIZE.exec(text) ?? [];
  const factor = UNITS.get(unit);
  if (amount === undefined || factor === undefined) return null;
  const bytes = Math.round(Number(amount) * factor);
  return bytes <= MOST_BYTES ? bytes : null;
}

/** The shortest of all ways to write just that many bytes. */
export function formatSize(bytes: number): string {
  let shortest = `${bytes}B`;
  for (const [unit, factor] of UNITS) {
    const text = `${bytes / factor}${unit}`;
    if (text.length < shortest.length && parseSize(text) === bytes) shortest = text;
  }
  return shortest;
}

/** Null, or what is wrong with it as a sentence. */
export function checkSize(value: unknown): string | null {
  if (typeof value === "string" && parseSize(value) !== null) return null;
  const expected = 'expected a size such as "4GiB" or "500MB"';
  const [, amount, unit] = typeof value === "string" ? (SIZE.exec(value) ?? []) : [];
  if (typeof value === "number" && value > 0) return `${expected}, got ${describe(value)}: write its unit, such as "${value}GiB"`;
  if (amount === undefined || unit === undefined) return `${expected}, got ${describe(value)}`;
  if (UNITS.has(unit)) return `${expected}, at most ${formatSize(MOST_BYTES)}, got ${describe(value)}`;
  const meant = unit === "" ? "GiB" : nearestUnit(unit);
  return `${expected}, got ${describe(value)}${meant === null ? "" : `: did you mean "${amount}${meant}"?`}`;
}

/** "g" and "Gi" are GiB to many. */
function nearestUnit(unit: string): string | null {
  const small = unit.toLowerCase();
  const meant = [...UNITS.keys()].find((each) => [small, `${small}b`, `${small}ib`].includes(each.toLowerCase()));
  return meant ?? suggest(unit, UNITS.keys());
}
