/**
 * Makes the shell script of a task from one with placeholders: `--shell 'zcat {} | sort > {.}.sorted'`. Each value is quoted for the place
 * where it stands, within quotes too, so that no shell reads it again. Pure.
 */

import { AirError } from "../../../index.js";
import { UsageError } from "../../command-line/usage-error.js";
import { fillPiece, type Input } from "./arguments.js";
import { pathPart } from "./path-part.js";
import { ShellScan, type ShellPlace } from "./shell-scan.js";
import { hasPlaceholder, parseTemplate, type Columns, type Piece } from "./template.js";

interface Put {
  readonly piece: Piece;
  readonly place: ShellPlace;
}

/**
 * A script without any placeholder gets the values at its end.
 *
 * @param isAppended false if the values go elsewhere.
 * @throws UsageError for a placeholder that can't be, or where no value can be quoted.
 */
export function compileScript(script: string, columns: Columns, isAppended = true): (input: Input) => string {
  const template = parseTemplate(script, columns);
  const puts = placeAll(template);
  if (isAppended && !hasPlaceholder(template)) puts.push(...appendix(script));
  return (input) => puts.map((put) => fill(put, input)).join("");
}

function placeAll(template: readonly Piece[]): Put[] {
  const scan = new ShellScan();
  return template.map((piece) => {
    if (piece.kind === "text") {
      scan.take(piece.text);
      return { piece, place: "bare" };
    }
    const { place, refusal } = scan.look();
    if (refusal !== null) throw new UsageError(`--shell: a placeholder stands ${refusal}, where no input can be quoted safely`);
    scan.takeValue();
    return { piece, place };
  });
}

function appendix(script: string): Put[] {
  const scan = new ShellScan();
  scan.take(script);
  if (scan.look().place !== "bare" || !scan.isClosed) {
    throw new UsageError(
      "--shell: the script has no placeholder, and nothing can be put behind its end: say with {} where the input goes",
    );
  }
  return [
    { piece: { kind: "text", text: " " }, place: "bare" },
    { piece: { kind: "each", part: "" }, place: "bare" },
  ];
}

function fill({ piece, place }: Put, input: Input): string {
  if (piece.kind === "text") return piece.text;
  if (piece.kind === "each") return input.values.map((value) => quoteAt(place, pathPart(value, piece.part))).join(" ");
  return quoteAt(place, fillPiece(piece, input));
}

function quoteAt(place: ShellPlace, value: string): string {
  switch (place) {
    case "bare":
      return quote(value);
    case "double-quoted":
      return `"${quote(value)}"`;
    case "single-quoted":
      return `'${quote(value)}'`;
    case "arithmetic":
      if (/^-?\d+$/.test(value)) return value;
      throw new AirError("AIR_INVALID_JOB", `only a whole number can stand within $((…)), got ${JSON.stringify(value)}`);
  }
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
