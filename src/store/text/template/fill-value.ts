/**
 * Puts values into every string of a task, or of a job's settings, that is still as it was parsed. Takes a value apart once, for a matrix
 * fills it many times. Says what is wrong by its place; never decides what a key means.
 */

import { isObject } from "../describe.js";
import type { Path, PathFault } from "../places.js";
import { fill, parseTemplate } from "./placeholders.js";

/** The value for each name. */
export type ValueOf = (name: string) => string;

/** Makes the value anew for a set of values. */
export type Filler = (valueOf: ValueOf) => unknown;

export interface FillContext {
  readonly declared: ReadonlySet<string>;
  readonly faults: PathFault[];
  /** Told of each name that is used. */
  readonly onUse: (name: string) => void;
  /** What a text that is nothing but a value becomes in its place: a number, where a number is wanted. */
  readonly asWanted: (path: Path, text: string) => unknown;
}

/** No value that means anything is deeper. */
const DEEPEST = 4;

/** @param path of the value, for faults. Comments stay as they are. */
export function fillerOf(value: unknown, path: Path, context: FillContext, depth = 0): Filler {
  if (typeof value === "string") return stringFiller(value, path, context);
  if (depth === DEEPEST) return () => value;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => fillerOf(item, [...path, index], context, depth + 1));
    return (valueOf) => items.map((item) => item(valueOf));
  }
  if (!isObject(value)) return () => value;
  const entries = Object.entries(value).map(
    ([key, entry]) => [key, key.startsWith("_") ? () => entry : fillerOf(entry, [...path, key], context, depth + 1)] as const,
  );
  return (valueOf) => Object.fromEntries(entries.map(([key, filler]) => [key, filler(valueOf)]));
}

function stringFiller(text: string, path: Path, context: FillContext): Filler {
  const { declared, faults, onUse, asWanted } = context;
  const template = parseTemplate(text, declared);
  if (template.fault !== null) faults.push({ path, message: template.fault });
  template.names.forEach(onUse);
  const [only, more] = template.parts;
  if (typeof only === "object" && more === undefined) return (valueOf) => asWanted(path, valueOf(only.name));
  if (template.names.length > 0) return (valueOf) => fill(template, valueOf);
  const constant = fill(template, () => "");
  return () => constant;
}
