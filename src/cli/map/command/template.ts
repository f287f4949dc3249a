/**
 * Takes a text with placeholders apart: `{}` `{.}` `{/}` `{//}` `{/.}`, the same of one column (`{2}`, `{-1/.}`, `{name.}`), `{#}` and
 * `{%}`. Knows no shell and no input. Pure.
 *
 * Braces are common in commands, so little else is taken for one: a name only if the input has a header, and nothing that the shell knows
 * behind a dollar (`${1}`, `${name}`, `${#}`). In braces a placeholder stands for itself: `{{}}` is `{}`.
 */

import { suggestion } from "../../command-line/suggest-word.js";
import { UsageError } from "../../command-line/usage-error.js";
import type { PathPart } from "./path-part.js";

/** What columns there are. */
export interface Columns {
  /** Null if that differs from task to task. */
  readonly count: number | null;
  /** Null without a header. */
  readonly names: readonly string[] | null;
}

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  /** Every value of the task, one by one. */
  | { readonly kind: "each"; readonly part: PathPart }
  /** One value. `column` counts from 0, or from the last one, which is -1. */
  | { readonly kind: "column"; readonly column: number; readonly part: PathPart }
  /** The number of the task, from 1. */
  | { readonly kind: "number" }
  /** The number of the slot that it runs in, from 1. */
  | { readonly kind: "slot" };

export type Template = readonly Piece[];

const BRACES = /(\$?)(\{?)\{([^{}\n]*?)(\/\/|\/\.|[./])?\}(\}?)/g;
const NUMBER = /^-?[1-9]\d{0,5}$/;
/** What somebody who misspelt a column may have written. */
const NAME_LIKE = /^[\p{L}_][\p{L}\p{N}_ -]*$/u;

/** @throws UsageError for a column that there is not. */
export function parseTemplate(text: string, columns: Columns): Template {
  const pieces: Piece[] = [];
  let begin = 0;
  const addText = (end: number): void => {
    if (end > begin) pieces.push({ kind: "text", text: text.slice(begin, end) });
  };
  for (const found of text.matchAll(BRACES)) {
    const [whole, dollar = "", opening = "", inside = "", part = "", closing = ""] = found;
    const piece = readPlaceholder(inside, part as PathPart, columns, dollar !== "");
    if (piece === null) continue;
    const [from, to] = [found.index, found.index + whole.length];
    if (opening !== "" && closing !== "") {
      addText(from + dollar.length);
      begin = from + dollar.length + 1;
      addText(to - 1);
      begin = to;
    } else {
      addText(from + dollar.length + opening.length);
      pieces.push(piece);
      begin = to - closing.length;
    }
  }
  addText(text.length);
  return pieces;
}

export function hasPlaceholder(template: Template): boolean {
  return template.some(({ kind }) => kind !== "text");
}

function readPlaceholder(inside: string, part: PathPart, columns: Columns, isBehindDollar: boolean): Piece | null {
  if (inside === "") return { kind: "each", part };
  if (inside === "%" && part === "") return { kind: "slot" };
  if (isBehindDollar) return null;
  if (inside === "#" && part === "") return { kind: "number" };
  const name = columns.names?.indexOf(inside) ?? -1;
  if (name !== -1) return { kind: "column", column: name, part };
  // A name may end like a part of a path: `{file.}` of the column `file.`.
  const whole = part === "" ? -1 : (columns.names?.indexOf(inside + part) ?? -1);
  if (whole !== -1) return { kind: "column", column: whole, part: "" };
  if (NUMBER.test(inside)) return readNumber(Number(inside), part, columns);
  if (columns.names === null || !NAME_LIKE.test(inside)) return null;
  const hint = suggestion(inside, columns.names, "{", "}") || `; the columns are ${columns.names.join(", ")}`;
  throw new UsageError(`there is no column for {${inside}${part}}${hint} (for the braces themselves write {{${inside}}})`);
}

function readNumber(number: number, part: PathPart, { count }: Columns): Piece {
  if (count !== null && Math.abs(number) > count) {
    const have = count === 1 ? "is one input a task" : `are ${count} columns`;
    const more = count === 1 ? "more come by --colsep, --csv, --max-args, or further lists; for" : "for";
    throw new UsageError(`{${number}${part}} is asked for, but there ${have}: ${more} the braces themselves write {{${number}}}`);
  }
  return { kind: "column", column: number > 0 ? number - 1 : number, part };
}
