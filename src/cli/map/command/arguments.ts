/**
 * Makes the arguments of a task from a command with placeholders and the values of its input. A value is one argument, or part of one,
 * whatever is in it. Pure.
 */

import { AirError, SLOT_MARK } from "../../../index.js";
import { pathPart } from "./path-part.js";
import { hasPlaceholder, parseTemplate, type Columns, type Piece, type Template } from "./template.js";

/** One input, or several that go to one task; none if it comes on standard input. */
export interface Input {
  readonly values: readonly string[];
  /** The number of its task, from 1. */
  readonly number: number;
  /** What a column that is not there stands for. Default: the input is wrong. */
  readonly missing?: string;
}

export type Fill = (input: Input) => string[];

const EACH: Template = [{ kind: "each", part: "" }];

/**
 * An argument with `{}` comes once for each value. A command without any placeholder gets the values at its end.
 *
 * @param isAppended false if the values go elsewhere.
 * @throws UsageError for a placeholder that can't be.
 */
export function compileArguments(words: readonly string[], columns: Columns, isAppended = true): Fill {
  const templates = words.map((word) => parseTemplate(word, columns));
  if (isAppended && !templates.some(hasPlaceholder)) templates.push(EACH);
  const fills = templates.map(compileArgument);
  return (input) => fills.flatMap((fill) => fill(input));
}

function compileArgument(template: Template): Fill {
  if (!hasPlaceholder(template)) {
    const text = template.map((piece) => (piece as { text: string }).text).join("");
    return () => [text];
  }
  const isEach = template.some(({ kind }) => kind === "each");
  if (!isEach) return (input) => [fillOnce(template, input, "")];
  return (input) => input.values.map((value) => fillOnce(template, input, value));
}

function fillOnce(template: Template, input: Input, value: string): string {
  let text = "";
  for (const piece of template) text += piece.kind === "each" ? pathPart(value, piece.part) : fillPiece(piece, input);
  return text;
}

/** @throws AirError `AIR_INVALID_JOB` if the input has no such column. */
export function fillPiece(piece: Exclude<Piece, { kind: "each" }>, input: Input): string {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "number":
      return String(input.number);
    case "slot":
      return SLOT_MARK;
    case "column": {
      const value = input.values.at(piece.column);
      if (value !== undefined) return pathPart(value, piece.part);
      if (input.missing !== undefined) return input.missing;
      const wanted = piece.column < 0 ? piece.column : piece.column + 1;
      const have = input.values.length === 1 ? "one column" : `${input.values.length} columns`;
      throw new AirError("AIR_INVALID_JOB", `input ${input.number} has ${have}, but the command wants {${wanted}}`);
    }
  }
}
