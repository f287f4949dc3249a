/**
 * Numbers that JavaScript would write otherwise than they were written (12345678901234567890, 1e400, 1.0), in keys that we don't know: what goes
 * in comes out. In memory such a number is a text that nobody else can have made, and it becomes what it was wherever we write JSON. Pure.
 *
 * Only what has such keys and such numbers costs more than a search.
 */

import { randomDigits } from "../../domain/random-digits.js";

/** Of this process alone: a text of a user can't be one of them. */
const MARK = `\0number ${randomDigits(12)} `;
const MARK_IN_JSON = JSON.stringify(MARK).slice(0, -1);

/** What may be such a number: a long one, one with an exponent, one with a zero at its end or with many digits behind the point, and -0. */
const MAY_BE_INEXACT = /[[:,\s]-?(?:\d{16}|\d+(?:\.\d+)?[eE]|\d+\.(?:\d*0[,\]}\s]|\d{15})|0[,\]}\s](?<=-0.))|^-?\d/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * Gives the entries of an object that are none of ours their numbers as they stand in the text.
 *
 * @param value what `JSON.parse` makes of the text: an object, or a list of objects. Changed in place.
 * @param isKnown keys that stay as they are
 */
export function keepNumbers(text: string, value: unknown, isKnown: (key: string) => boolean): void {
  const list = (Array.isArray(value) ? value : [value]) as unknown[];
  if (!list.some((each) => hasUnknown(each, isKnown)) || !MAY_BE_INEXACT.test(text)) return;
  const exact = parseExactly(text);
  if (exact === undefined) return;
  const exactList = (Array.isArray(exact) ? exact : [exact]) as unknown[];
  for (const [index, each] of list.entries()) {
    if (!isEntries(each)) continue;
    for (const key of Object.keys(each)) {
      const define = { value: (exactList[index] as Record<string, unknown>)[key], ...PLAIN };
      if (!isKnown(key)) Object.defineProperty(each, key, define);
    }
  }
}

/** JSON that was made of what `keepNumbers` has seen, with its numbers as they were. */
export function withNumbers(json: string): string {
  if (!json.includes(MARK_IN_JSON)) return json;
  return json
    .split(MARK_IN_JSON)
    .map((piece, index) => (index === 0 ? piece : piece.replace('"', "")))
    .join("");
}

const PLAIN = { enumerable: true, configurable: true, writable: true } as const;

function isEntries(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasUnknown(value: unknown, isKnown: (key: string) => boolean): boolean {
  if (!isEntries(value)) return false;
  for (const key in value) if (!isKnown(key)) return true;
  return false;
}

/** Undefined if that is too much for us. */
function parseExactly(text: string): unknown {
  try {
    return JSON.parse(
      text.replaceAll(TOKEN, (token) =>
        token.startsWith('"') || JSON.stringify(Number(token)) === token ? token : `${MARK_IN_JSON}${token}"`,
      ),
    ) as unknown;
  } catch {
    return undefined;
  }
}
