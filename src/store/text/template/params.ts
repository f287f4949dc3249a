/** The params of a job file: named values with defaults, some of which the caller gives. Pure. */

import { describe, isObject, quote } from "../describe.js";
import type { PathFault, SourceOf } from "../places.js";
import { suggest } from "../suggest.js";
import { NAME } from "./placeholders.js";

export type ParamValue = string | number | boolean;

/** Values that a caller gives, such as those of `--set`. */
export type GivenParams = Readonly<Record<string, ParamValue>>;

export interface Params {
  /** The text of each param that has a value. */
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly PathFault[];
}

/**
 * @param written the entry of the file; undefined or null if there is none.
 */
export function readParams(written: unknown, given: GivenParams, sourceOf: SourceOf): Params {
  if (written !== undefined && written !== null && !isObject(written)) {
    const message = `expected an object such as {"date": null, "shards": 8}, got ${describe(written)}`;
    return { values: new Map(), faults: [{ path: ["params"], message }] };
  }
  const declared = Object.entries(written ?? {}).filter(([name]) => !name.startsWith("_"));
  const faults: PathFault[] = unknownOnes(
    Object.keys(given),
    declared.map(([name]) => name),
  );
  const values = new Map<string, string>();
  const unset: string[] = [];
  for (const [name, fallback] of declared) {
    const path = ["params", name];
    if (!NAME.test(name)) {
      faults.push({
        path,
        message: `expected a name of letters, digits, "_" and "-", the first of them a letter, got ${quote(name)}`,
      });
    } else if (Object.hasOwn(given, name)) {
      values.set(name, String(given[name]));
    } else if (fallback === null) {
      unset.push(name);
    } else if (typeof fallback === "string" || typeof fallback === "boolean") {
      values.set(name, String(fallback));
    } else if (typeof fallback === "number") {
      values.set(name, sourceOf(path) ?? String(fallback));
    } else {
      faults.push({
        path,
        message: `expected a text, a number, true, false, or null for one that must be given, got ${describe(fallback)}`,
      });
    }
  }
  if (unset.length > 0) faults.push({ path: ["params"], message: unsetOnes(unset) });
  return { values, faults };
}

function unknownOnes(given: readonly string[], declared: readonly string[]): PathFault[] {
  return given
    .filter((name) => !declared.includes(name))
    .map((name) => {
      const meant = suggest(name, declared);
      const hint = meant === null ? "" : `: did you mean ${quote(meant)}?`;
      const others = declared.length === 0 ? ", which has none" : hint;
      return { path: declared.length === 0 ? [] : ["params"], message: `there is no param ${quote(name)} in this job${others}` };
    });
}

function unsetOnes(names: readonly string[]): string {
  const how = names.map((name) => `--set ${name}=…`).join(" ");
  return `${names.length === 1 ? "a param has" : "params have"} no value: ${names.join(", ")}; give ${names.length === 1 ? "it" : "them"} with ${how}`;
}
