/**
 * Puts attempts into the words of a runner (native/PROTOCOL.md), all that are handed over together in one piece of bytes. Pure; on the
 * main thread.
 *
 * The files to run are left open: to look for them is the thread's, since a look may hang.
 */

import { bytesOf } from "../../domain/byte-text.js";
import type { Descriptor } from "../../domain/ports.js";
import { Contexts, variablesOf } from "./contexts.js";
import type { HandOver, MovedLog, WantedFile } from "./messages.js";

/** Numbers of a row of `HandOver.rows`. */
export const ROW = 5;

/** What one runner was told so far. */
export class HandOverText {
  readonly #contexts = new Contexts();

  /** What was told of that job may be wrong by now. */
  forget(job: string): void {
    this.#contexts.forget(job);
  }

  /** The attempts must have been found passable. */
  write(attempts: readonly Descriptor[]): Omit<HandOver, "type" | "claim" | "width"> {
    const rows = new Uint32Array(attempts.length * ROW);
    const files: WantedFile[] = [];
    const moves: MovedLog[] = [];
    let text = "";
    const tell = (command: string): void => void (text += command);
    let row = 0;
    for (const attempt of attempts) {
      const context = this.#contexts.of(attempt, tell);
      const { key, command, cwd, args } = attempt;
      rows[row] = key;
      rows[row + 1] = text.length;
      text += `r\0${key}\0${context.id}\0${head(attempt, context.cwd)}`;
      text += variables(attempt, context);
      rows[row + 2] = text.length;
      // The file is put in here; its first argument is the command as it was written, which is what programs call themselves.
      text += `\0${args.length + 1}\0${command}\0`;
      for (const argument of args) text += `${argument}\0`;
      rows[row + 3] = text.length;
      rows[row + 4] = indexOfFile(files, { command, becomes: attempt.becomes ?? null, cwd, path: attempt.env["PATH"] ?? null });
      row += ROW;
      if (attempt.earlierLog !== null) moves.push(...movesOf(attempt));
    }
    return { bytes: encode(text, rows), rows, files, moves };
  }
}

/** Why an attempt can't be told to anybody; undefined if it can. */
export function findUnpassable({ command, args, env, cwd, stdin }: Descriptor): string | undefined {
  if (command.includes("\0")) return "the command contains a NUL character, which no program can be given";
  for (const argument of args) {
    if (argument.includes("\0")) return "an argument contains a NUL character, which no program can be given";
  }
  if (cwd.includes("\0")) return "the working directory contains a NUL character";
  if (stdin?.includes("\0") === true) return "the path of the stdin file contains a NUL character";
  for (const name in env) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      return `the environment variable name ${JSON.stringify(name)} is empty or contains "=" or NUL`;
    }
    if (env[name]?.includes("\0") === true) return `the environment variable ${name} contains a NUL character`;
  }
  return undefined;
}

function head({ cwd, log, errorLog, stdin, limitMs, graceMs }: Descriptor, contextCwd: string): string {
  const own = cwd === contextCwd ? "" : cwd;
  return `${own}\0${baseName(log)}\0${errorLog === null ? "" : baseName(errorLog)}\0${stdin ?? ""}\0${limitMs ?? 0}\0${graceMs}\0`;
}

function variables({ cwd, env, task, attempt }: Descriptor, context: { readonly cwd: string; readonly env: object }): string {
  const ours = `AIR_EXECUTOR_TASK=${task}\0AIR_EXECUTOR_ATTEMPT=${attempt}\0`;
  if (env === context.env && cwd === context.cwd) return `2\0${ours}`;
  return variablesOf(env === context.env ? {} : env, `${ours}PWD=${cwd}\0`, 3);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Tasks that follow each other mostly run the same. */
function indexOfFile(files: WantedFile[], wanted: WantedFile): number {
  const { command, becomes, cwd, path } = wanted;
  const isAnywhere = path === null && becomes === null && command.startsWith("/");
  const same = (file: WantedFile): boolean =>
    file.command === command && file.becomes === becomes && file.path === path && (file.cwd === cwd || isAnywhere);
  const last = files.at(-1);
  if (last !== undefined && same(last)) return files.length - 1;
  const index = files.length < MOST_COMPARED ? files.findIndex(same) : -1;
  return index >= 0 ? index : files.push(wanted) - 1;
}

const MOST_COMPARED = 16;

/** The logs of earlier attempts that have to make room for those of this one. */
export function movesOf({ key, log, earlierLog, errorLog, earlierErrorLog }: Descriptor): MovedLog[] {
  const moves: MovedLog[] = [];
  if (earlierLog !== null) moves.push({ key, from: log, to: earlierLog });
  if (errorLog !== null && earlierErrorLog !== null) moves.push({ key, from: errorLog, to: earlierErrorLog });
  return moves;
}

/** Where text and bytes are not of one length the places in it are counted anew. */
function encode(text: string, rows: Uint32Array): Uint8Array {
  const encoded = bytesOf(text);
  if (encoded.length === text.length) return encoded;
  let place = 0;
  let at = 0;
  for (let row = 0; row < rows.length; row += ROW) {
    for (const column of [row + 1, row + 2, row + 3]) {
      at += bytesOf(text.slice(place, rows[column])).length;
      place = rows[column]!;
      rows[column] = at;
    }
  }
  return encoded;
}
