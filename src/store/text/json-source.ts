/**
 * JSON with places: what `JSON.parse` makes of a text, where in the text a value stands, and where a broken text breaks.
 *
 * Node's own messages name no line, and for short texts no position at all, so a scanner of our own finds both. It runs only when
 * there is a fault. Nothing here recurses: depth is no limit.
 */

import { quote } from "./describe.js";
import { SyntaxFault, type Path, type Source } from "./places.js";

/**
 * @param options.uniqueKeys a key that stands twice in an object is wrong: for what people write by hand. Default: the last one counts.
 * @throws SyntaxFault with the offset of the first character that is wrong.
 */
export function parseJson(text: string, { uniqueKeys = false }: { readonly uniqueKeys?: boolean } = {}): Source {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    checkEnd(text, endOfValue(text, 0));
    throw new SyntaxFault(0, "expected JSON");
  }
  if (uniqueKeys) demandUniqueKeys(text, value);
  const members = new Map<number, Map<string | number, Member>>();
  const find = (path: Path): { found: Member; isWhole: boolean } => {
    const start = skipSpace(text, 0);
    let found: Member = { begin: start, value: start };
    for (const key of path) {
      let inside = members.get(found.value);
      if (inside === undefined) members.set(found.value, (inside = membersOf(text, found.value)));
      const next = inside.get(key);
      if (next === undefined) return { found, isWhole: false };
      found = next;
    }
    return { found, isWhole: true };
  };
  return {
    value,
    offsetOf: (path) => find(path).found.begin,
    valueAt: (path) => {
      const { found, isWhole } = find(path);
      return isWhole ? JSON.parse(text.slice(found.value, endOfValue(text, found.value))) : undefined;
    },
    sourceAt: (path) => {
      const { found, isWhole } = find(path);
      return isWhole && !'[{"'.includes(text[found.value]!) ? text.slice(found.value, endOfValue(text, found.value)) : undefined;
    },
  };
}

/** The text must be valid, and `value` what it says. */
function demandUniqueKeys(text: string, value: unknown): void {
  // What looks like the end of a key in the text is at least each key; are there no more, no key was lost.
  if (countKeyEnds(text) === countKeys(value)) return;
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length;) {
    const character = text[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    if (character !== '"') {
      at++;
      continue;
    }
    const end = endOfString(text, at);
    const keys = text[skipSpace(text, end)] === ":" ? (open.at(-1) ?? null) : null;
    const key = keys === null ? "" : String(JSON.parse(text.slice(at, end)));
    if (keys?.has(key) === true)
      throw new SyntaxFault(at, `not valid JSON: the key ${quote(key)} stands there twice: remove one`);
    keys?.add(key);
    at = end;
  }
}

/** How often a quote and a colon follow each other. Makes nothing: there may be millions. */
function countKeyEnds(text: string): number {
  let count = 0;
  for (let colon = text.indexOf(":"); colon !== -1; colon = text.indexOf(":", colon + 1)) {
    let before = colon - 1;
    while (isSpace(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === 0x22) count++;
  }
  return count;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Of all objects in it. */
function countKeys(value: unknown): number {
  let count = 0;
  const rest: unknown[] = [value];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) count += Object.keys(next).length;
    for (const each of Object.values(next) as unknown[]) if (typeof each === "object" && each !== null) rest.push(each);
  }
  return count;
}

/** What stands in a list or object: where it begins (at its key, if it has one) and where its value begins. */
interface Member {
  readonly begin: number;
  readonly value: number;
}

/** Of a list or object that begins at `start`; empty for anything else. The text must be valid. */
function membersOf(text: string, start: number): Map<string | number, Member> {
  const members = new Map<string | number, Member>();
  const isList = text[start] === "[";
  if (!isList && text[start] !== "{") return members;
  let at = skipSpace(text, start + 1);
  while (text[at] !== "]" && text[at] !== "}") {
    const value = isList ? at : skipSpace(text, endOfKey(text, at));
    members.set(isList ? members.size : String(JSON.parse(text.slice(at, endOfString(text, at)))), { begin: at, value });
    at = skipSpace(text, endOfValue(text, value));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return members;
}

/** Where the value that begins at or after `start` ends. @throws SyntaxFault */
function endOfValue(text: string, start: number): number {
  const closers: string[] = [];
  let at = start;
  for (;;) {
    at = skipSpace(text, at);
    const closer = text[at] === "{" ? "}" : text[at] === "[" ? "]" : null;
    if (closer === null) {
      at = endOfScalar(text, at);
    } else {
      at = skipSpace(text, at + 1);
      closers.push(closer);
      if (text[at] !== closer) {
        if (closer === "}") at = endOfKey(text, at);
        continue;
      }
    }
    // A value has ended, or an empty list or object is about to: close what ends here, until a comma announces the next value.
    while (closers.length > 0) {
      at = skipSpace(text, at);
      const close = closers.at(-1)!;
      if (text[at] === ",") break;
      if (text[at] !== close) fail(text, at, `"," or "${close}"`);
      closers.pop();
      at++;
    }
    if (closers.length === 0) return at;
    at = skipSpace(text, at + 1);
    if (closers.at(-1) === "}") at = endOfKey(text, at);
  }
}

/** Behind the colon. */
function endOfKey(text: string, start: number): number {
  if (text[start] !== '"') fail(text, start, "a key in double quotes");
  const at = skipSpace(text, endOfString(text, start));
  if (text[at] !== ":") fail(text, at, '":"');
  return at + 1;
}

const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const SPACE = /[ \t\n\r]*/y;

function endOfScalar(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  return matchEnd(SCALAR, text, at) ?? fail(text, at, "a value");
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) fail(text, at, `the closing quote or \\n, \\t and the like for control characters`);
    at = code === 0x5c ? (matchEnd(ESCAPE, text, at) ?? fail(text, at, 'an escape such as \\n, \\" or \\\\')) : at + 1;
  }
  return fail(text, text.length, "the closing quote");
}

function skipSpace(text: string, at: number): number {
  return matchEnd(SPACE, text, at) ?? at;
}

function checkEnd(text: string, end: number): void {
  const at = skipSpace(text, end);
  if (at < text.length) fail(text, at, "the end of the text");
}

function matchEnd(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function fail(text: string, at: number, expected: string): never {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const came = at >= text.length ? "the end of the text" : JSON.stringify(character);
  throw new SyntaxFault(at, `not valid JSON: expected ${expected}, got ${came}${remedy(text, at, character)}`);
}

/** The mistakes that people make when they write JSON by hand. */
function remedy(text: string, at: number, character: string): string {
  if (at >= text.length) return ": something is not closed";
  if ("]}".includes(character) && text.slice(0, at).trimEnd().endsWith(",")) return ": remove the comma before it";
  if (character === "'") return ": use double quotes";
  if (character === "#" || character === "/") return ": JSON has no comments, but keys that begin with `_` are ignored";
  return "";
}
