/**
 * YAML with places. One document of the core schema: anchors, aliases and merge keys (`<<`), no tags of the user's own.
 *
 * Loaded only for YAML. What can cost more than its size is bounded: the text, the use of aliases, and the search for duplicate
 * keys, for which the package would take quadratic time.
 */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { isObject, quote } from "./describe.js";
import { SyntaxFault, type Path, type Source } from "./places.js";

/** The package reads about 1 MB a second and needs a hundred times the text in memory. */
export const MAX_YAML_CHARACTERS = 8 * 1024 * 1024;
/** The package takes quadratic time to resolve them. */
const MAX_ALIASES = 5000;

/** @throws SyntaxFault for the first thing that is wrong. */
export function parseYaml(text: string): Source {
  if (text.length > MAX_YAML_CHARACTERS) {
    throw new SyntaxFault(
      0,
      `expected at most ${MAX_YAML_CHARACTERS / 1024 / 1024} MiB of YAML: write it as JSON, which may be larger`,
    );
  }
  const document = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const error = document.errors[0] ?? document.warnings[0];
  if (error !== undefined) throw new SyntaxFault(error.pos[0], `not valid YAML: ${sentence(error.code, error.message)}`);
  checkNodes(document);
  const value = toData(document);
  return {
    value,
    offsetOf: (path) => offsetOf(document, path),
    valueAt: (path) => valueAt(value, path),
    sourceAt: (path) => sourceAt(document, path),
  };
}

/** What the package's messages leave open: what to do. */
function sentence(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "expected one document, got a second one: write a file for each job";
  if (code === "TAG_RESOLVE_FAILED") return `${message}: remove the tag`;
  if (code === "TAB_AS_INDENT") return "expected spaces as indentation, got a tab";
  if (code === "RESOURCE_EXHAUSTION") return "it is nested too deeply";
  return message;
}

function toData(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES * 10 });
  } catch (error) {
    // Nothing else is left that it could mean: aliases of nothing have been told.
    if (error instanceof ReferenceError)
      throw new SyntaxFault(
        0,
        "expected aliases that stand for fewer values, got some that multiply each other: write the values out",
      );
    if (error instanceof RangeError) throw new SyntaxFault(0, "not valid YAML: it is nested too deeply");
    throw new SyntaxFault(0, `not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Duplicate keys, keys that are no text, aliases of nothing. */
function checkNodes(document: Document): void {
  const anchors = new Set<string>();
  const aliases: Alias[] = [];
  const rest: Node[] = document.contents === null ? [] : [document.contents];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (isAlias(node)) aliases.push(node);
    else if (node.anchor !== undefined) anchors.add(node.anchor);
    if (isSeq<Node>(node)) for (const item of node.items) rest.push(item);
    if (isMap<Node, Node | null>(node)) for (const value of checkedValues(node)) rest.push(value);
  }
  if (aliases.length > MAX_ALIASES) {
    const remedy = "say it once in `defaults`, or write the file as JSON";
    throw new SyntaxFault(
      beginOf(aliases[MAX_ALIASES]!),
      `expected at most ${MAX_ALIASES} aliases, got ${aliases.length}: ${remedy}`,
    );
  }
  const unknown = aliases.find(({ source }) => !anchors.has(source));
  if (unknown !== undefined)
    throw new SyntaxFault(beginOf(unknown), `not valid YAML: the alias *${unknown.source} has no anchor &${unknown.source}`);
}

function checkedValues(map: YAMLMap<Node, Node | null>): Node[] {
  const keys = new Set<string>();
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (key === null)
      throw new SyntaxFault(beginOf(pair.key), "not valid YAML: expected a text as key, got a list, object or alias");
    if (keys.has(key))
      throw new SyntaxFault(beginOf(pair.key), `not valid YAML: the key ${quote(key)} stands there twice: remove one`);
    keys.add(key);
  }
  return map.items.flatMap(({ value }) => value ?? []);
}

function keyOf(pair: Pair<Node>): string | null {
  return isScalar(pair.key) ? String(pair.key.value) : null;
}

function beginOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function offsetOf(document: Document, path: Path): number {
  return nodeAt(document, path).offset;
}

function sourceAt(document: Document, path: Path): string | undefined {
  const { node, isWhole } = nodeAt(document, path);
  return isWhole && isScalar(node) ? node.source : undefined;
}

/** The node at the end of a path, or the last one on the way to it that exists, and where its key or item begins. */
function nodeAt(
  document: Document,
  path: Path,
): { readonly node: Node | null; readonly offset: number; readonly isWhole: boolean } {
  let node: Node | null = document.contents;
  let offset = node === null ? 0 : beginOf(node);
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isSeq<Node>(node) && typeof key === "number") {
      const item = node.items[key];
      if (item === undefined) return { node, offset, isWhole: false };
      node = item;
      offset = beginOf(node);
    } else if (isMap<Node, Node | null>(node)) {
      const pair: Pair<Node, Node | null> | undefined = node.items.find((item) => keyOf(item) === key);
      if (pair === undefined) return { node, offset, isWhole: false };
      node = pair.value;
      offset = beginOf(pair.key);
    } else {
      return { node, offset, isWhole: false };
    }
  }
  if (isAlias(node)) node = node.resolve(document) ?? null;
  return { node, offset, isWhole: true };
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const key of path) {
    if (Array.isArray(found) && typeof key === "number") found = found[key];
    else if (isObject(found)) found = found[key];
    else return undefined;
  }
  return found;
}
