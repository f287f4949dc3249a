/**
 * What a value may look like: a single one, a list, or an object of named entries, made of the checks of value-checks.ts.
 *
 * The table of keys (task-keys.ts) gives each key a shape. From a shape come both the quick test that lets most values pass and, in
 * task-schema.ts, the schema that says what is wrong with the others, so the two can't disagree. Pure.
 */

import { describe, isObject } from "./describe.js";
import type { PathFault } from "./places.js";
import type { Check } from "./value-checks.js";

export type Shape = ValueShape | ListShape | EntriesShape;

interface ValueShape {
  readonly kind: "value";
  readonly check: Check;
  readonly isRight: (value: unknown) => boolean;
}

interface ListShape {
  readonly kind: "list";
  readonly item: Check;
  /** Of the list as a whole, once each item is right. Default: nothing. */
  whole?(this: void, items: readonly unknown[]): string | null;
  readonly example: string;
  readonly isRight: (value: unknown) => boolean;
}

interface EntriesShape {
  readonly kind: "entries";
  readonly entry: EntryCheck;
  readonly example: string;
  readonly isRight: (value: unknown) => boolean;
}

type EntryCheck = (name: string, value: unknown) => string | null;

export function single(check: Check): Shape {
  return { kind: "value", check, isRight: (value) => check(value) === null };
}

export function list(item: Check, example: string, more: Pick<ListShape, "whole"> = {}): Shape {
  const isRight = (value: unknown): boolean => {
    if (!Array.isArray(value)) return false;
    for (const each of value) if (item(each) !== null) return false;
    return (more.whole?.(value) ?? null) === null;
  };
  return { kind: "list", item, example, isRight, ...more };
}

export function entries(entry: EntryCheck, example: string): Shape {
  const isRight = (value: unknown): boolean => {
    if (!isObject(value)) return false;
    for (const name in value) if (entry(name, value[name]) !== null) return false;
    return true;
  };
  return { kind: "entries", entry, example, isRight };
}

/** What is wrong with a value, with the place inside of it; null if nothing is. Of several faults the first. */
export function firstFault(shape: Shape, value: unknown): PathFault | null {
  switch (shape.kind) {
    case "value":
      return faultAt([], shape.check(value));
    case "list": {
      if (!Array.isArray(value)) return faultAt([], expected("a list", shape.example, value));
      const items = value as readonly unknown[];
      const wrong = items.findIndex((item) => shape.item(item) !== null);
      return wrong >= 0 ? faultAt([wrong], shape.item(items[wrong])) : faultAt([], shape.whole?.(items) ?? null);
    }
    case "entries": {
      if (!isObject(value)) return faultAt([], expected("an object", shape.example, value));
      const wrong = Object.keys(value).find((name) => shape.entry(name, value[name]) !== null);
      return wrong === undefined ? null : faultAt([wrong], shape.entry(wrong, value[wrong]));
    }
  }
}

/** A text as the number that it spells, where a number is wanted and no text will do. @param inside the place in the value. */
export function asWanted(shape: Shape, inside: PathFault["path"], text: string): string | number {
  const check = (value: unknown): string | null =>
    shape.kind === "value"
      ? shape.check(value)
      : shape.kind === "list"
        ? shape.item(value)
        : shape.entry(String(inside[0]), value);
  const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
  return isNumber && check(text) !== null && check(Number(text)) === null ? Number(text) : text;
}

export function expected(what: string, example: string, value: unknown): string {
  return `expected ${what} such as ${example}, got ${describe(value)}`;
}

function faultAt(path: PathFault["path"], message: string | null): PathFault | null {
  return message === null ? null : { path, message };
}
