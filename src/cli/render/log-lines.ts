/**
 * Turns the bytes of a log into what is shown of it. For a pipe or a file the bytes stay what they are; for a terminal they are made
 * safe. With a prefix or as JSON, output comes in whole lines, so that tasks that write at the same time don't cut each other's.
 */

import { StringDecoder } from "node:string_decoder";
import { bytesOf } from "../../internal.js";
import { Printable } from "./printable.js";
import { jsonLine } from "./json-line.js";

export interface LogView {
  take(chunk: Buffer): string | Buffer;
  /** What is left of an unfinished last line. */
  end(): string | Buffer;
}

/** A line longer than this is shown in parts. */
const maxLineLength = 64 * 1024;

export function rawView(): LogView {
  return { take: (chunk) => chunk, end: () => "" };
}

export function terminalView(): LogView {
  const decoder = new StringDecoder("utf8");
  const printable = new Printable();
  return {
    take: (chunk) => printable.take(decoder.write(chunk)),
    end: () => printable.take(decoder.end()),
  };
}

/** The prefix is already safe and has its colours. In latin1 every byte is a character: what is not for a terminal stays as it was. */
export function prefixedView(prefix: string, isForTerminal: boolean): LogView {
  const encoding = isForTerminal ? "utf8" : "latin1";
  const before = Buffer.from(bytesOf(prefix)).toString(encoding);
  return lineView(encoding, isForTerminal, (line) => Buffer.from(`${before}${line}\n`, encoding));
}

/** @param isErrors it was written to stderr and stands apart. */
export function jsonView(task: string, attempt: number, isErrors: boolean): LogView {
  const kind = isErrors ? { is_stderr: true } : {};
  return lineView("utf8", false, (text) => Buffer.from(jsonLine({ task, attempt, text, ...kind })));
}

function lineView(encoding: "utf8" | "latin1", isForTerminal: boolean, draw: (line: string) => Buffer): LogView {
  const decoder = new StringDecoder(encoding);
  const printable = new Printable();
  let rest = "";
  const decode = (text: string): string => (isForTerminal ? printable.take(text) : text);
  return {
    take: (chunk) => {
      const lines = (rest + decode(decoder.write(chunk))).split("\n");
      const last = partsOf(lines.pop() ?? "");
      rest = last.pop() ?? "";
      return Buffer.concat([...lines.flatMap(partsOf), ...last].map(draw));
    },
    end: () => {
      const last = rest + decode(decoder.end());
      rest = "";
      return last === "" ? "" : draw(last);
    },
  };
}

function partsOf(line: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (; line.length - from > maxLineLength; from += maxLineLength) parts.push(line.slice(from, from + maxLineLength));
  return [...parts, line.slice(from)];
}

/** The last lines of a log, safe to show. */
export function lastLines(end: Buffer, count: number): string[] {
  const view = terminalView();
  const text = `${view.take(end).toString()}${view.end().toString()}`;
  const lines = text.split("\n").map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines.slice(-count);
}
