/**
 * JSON for standard output, a value a line. What steers a terminal or turns the direction of text around is escaped: it means the same to
 * whoever reads JSON, and does nothing to whoever looks at it.
 */

import { withNumbers } from "../../internal.js";

/** JSON itself escapes C0 only. */
const STEERING = /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function jsonLine(value: unknown): string {
  return `${withNumbers(JSON.stringify(value)).replaceAll(STEERING, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
