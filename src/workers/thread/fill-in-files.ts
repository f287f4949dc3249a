/** Puts the files to run into the commands of a hand-over: the look that hand-over.ts leaves open. In the worker thread. */

import { bytesOf } from "../../domain/byte-text.js";
import type { CommandLookup, LookupResult } from "./command-lookup.js";
import { ROW } from "../runner/hand-over.js";
import type { HandOver } from "../runner/messages.js";

/** As execvp(3) has it where there is no PATH. */
const DEFAULT_PATH = "/usr/bin:/bin";

type Problem = Exclude<LookupResult, { file: string }>;
type Found = { readonly bytes: Uint8Array } | Problem;

/**
 * The commands of the attempts whose files were found.
 *
 * @param leaveOut whether an attempt is not to be told of after all
 * @param onProblem told of those whose files were not found
 */
export function fillInFiles(
  { bytes, rows, files }: HandOver,
  lookup: Pick<CommandLookup, "find" | "forget">,
  leaveOut: (key: number) => boolean,
  onProblem: (key: number, problem: Problem) => void,
): Uint8Array {
  // What was found is remembered for one hand-over: a task may bring the program that a later one runs.
  lookup.forget();
  const found = files.map(({ command, becomes, cwd, path }): Found => {
    const places = path ?? process.env["PATH"] ?? DEFAULT_PATH;
    const later = becomes === null ? null : lookup.find(becomes, cwd, places);
    if (later !== null && "problem" in later) return later;
    const result = lookup.find(command, cwd, places);
    return "problem" in result ? result : { bytes: bytesOf(result.file) };
  });
  const filled = new Uint8Array(bytes.length + roomFor(found, rows));
  let length = 0;
  const add = (part: Uint8Array): void => {
    filled.set(part, length);
    length += part.length;
  };
  let from = 0;
  for (let row = 0; row < rows.length; row += ROW) {
    const [key = 0, start = 0, place = 0, end = 0, index = 0] = rows.subarray(row, row + ROW);
    // What stands between the attempts concerns them all.
    add(bytes.subarray(from, start));
    from = end;
    const file = found[index]!;
    if ("problem" in file) onProblem(key, file);
    else if (!leaveOut(key)) {
      add(bytes.subarray(start, place));
      add(file.bytes);
      add(bytes.subarray(place, end));
    }
  }
  add(bytes.subarray(from));
  return filled.subarray(0, length);
}

function roomFor(found: readonly Found[], rows: Uint32Array): number {
  let room = 0;
  for (let row = 0; row < rows.length; row += ROW) {
    const file = found[rows[row + 4]!]!;
    if ("bytes" in file) room += file.bytes.length;
  }
  return room;
}
