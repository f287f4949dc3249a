/**
 * How a value that a user wrote is named in a message: `the number 3`, `the text "abc"`, `a list`.
 *
 * Called wherever a message says what came instead of what was expected. Never shows more than the beginning of a long text, and
 * never walks into lists and objects: a small YAML file can alias its way to enormous ones.
 */

const SHOWN_CHARACTERS = 60;

/** The value in words, fit to follow "got". */
export function describe(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : `the text ${quote(value)}`;
  if (typeof value === "number" || typeof value === "bigint") return `the number ${value}`;
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

/** A text in double quotes, control characters escaped, shortened if it is long. */
export function quote(text: string): string {
  const isLong = text.length > SHOWN_CHARACTERS;
  return JSON.stringify(isLong ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** `1 fault`, `2 faults`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en")} ${noun}${amount === 1 ? "" : "s"}`;
}

/** An object in the sense of JSON: neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for an object without entries. */
export function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** More levels of lists and objects than this can't be written down again by everybody who reads them. */
const DEEPEST = 500;

/** True for a value whose lists and objects are nested too deeply to be kept. Looks at all of it, without recursion. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? (Object.values(each) as unknown[]) : []));
  }
  return false;
}

export const TOO_DEEP = `expected at most ${DEEPEST} levels of lists and objects, got more: keep it in a file of its own`;
