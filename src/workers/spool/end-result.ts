/** From what a runner recorded of an attempt's end to a `Result`, in words that people understand. Pure. */

import { constants } from "node:os";
import type { EndedByItself, Result, Usage } from "../../domain/outcome.js";
import type { Descriptor } from "../../domain/ports.js";
import { argumentLimit, findTooLong } from "./argument-limit.js";
import type { EndKind, StartStage } from "./spool-lines.js";

const COMPLETED: EndedByItself = { kind: "exited", exitCode: 0 };
const SIGNALS = namesOf(constants.signals);
const FIRST_REAL_TIME = 34;
const ERRORS = namesOf(constants.errno);

/** They pass: the machine has no room (processes, handles, memory, disk) for now. */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EINTR", "EIO"]);
/** Something else is in the place of a log. */
const IN_THE_WAY: ReadonlySet<string> = new Set(["EEXIST", "ELOOP", "EISDIR"]);
/** A log that these keep from being made is in nobody's way but its own: everything else concerns the directory. */
const OF_ONE_LOG: ReadonlySet<string> = new Set([...IN_THE_WAY, "ENAMETOOLONG"]);

export function endOf(
  kind: EndKind,
  value: number,
  userUs: number,
  systemUs: number,
  rssKb: number,
): { readonly result: Result; readonly usage: Usage | null } {
  if (kind !== "x" && kind !== "s") return { result: startFailure(kind, value, null), usage: null };
  return { result: kind === "x" ? exited(value) : signaled(value), usage: usageOf(userUs, systemUs, rssKb) };
}

export function exited(exitCode: number): EndedByItself {
  return exitCode === 0 ? COMPLETED : { kind: "exited", exitCode };
}

export function signaled(number: number): EndedByItself {
  const signal = SIGNALS.get(number) ?? (number >= FIRST_REAL_TIME ? `SIGRTMIN+${number - FIRST_REAL_TIME}` : `signal ${number}`);
  return { kind: "signaled", signal };
}

/** No process is so small that it takes no memory: then the runner does not know. */
export function usageOf(userUs: number, systemUs: number, maxRssKb: number): Usage | null {
  return maxRssKb === 0 ? null : { userMs: userUs / 1000, systemMs: systemUs / 1000, maxRssKb };
}

/**
 * @param attempt null if it is not known any more.
 * @param node where that was, if it was not here: there nobody has looked for the command before. Null for here.
 */
export function startFailure(stage: StartStage, errno: number, attempt: Descriptor | null, node: string | null = null): Result {
  const code = errorName(errno);
  if (stage === "l" && !OF_ONE_LOG.has(code)) return withoutLog(attempt, code);
  // It came there since the job was taken in (a checkout, a copy): the next try moves it aside. Once moved it is a fault of its own.
  if (stage === "l" && IN_THE_WAY.has(code) && (attempt?.earlierLog ?? null) === null) return blockedLog(attempt, code);
  if (stage === "f" || PASSING.has(code)) return { kind: "not-begun", message: `no process could be started: ${code}` };
  if (node === null) return { kind: "spawn-failed", message: wordsOf(stage, code, attempt) };
  const isMissing = stage === "r" && code === "ENOENT";
  return { kind: "spawn-failed", message: `on ${node}: ${isMissing ? notFound(attempt) : wordsOf(stage, code, attempt)}` };
}

export function errorName(errno: number): string {
  return ERRORS.get(errno) ?? `error ${errno}`;
}

function withoutLog(attempt: Descriptor | null, code: string): Result {
  const directory = attempt === null ? "the directory of its log" : attempt.log.slice(0, attempt.log.lastIndexOf("/"));
  if (code === "EMFILE" || code === "ENFILE" || code === "ENOMEM") {
    return { kind: "not-begun", message: `its log could not be opened: ${code}` };
  }
  return { kind: "not-begun", message: `${directory}: ${code}`, hindrance: "log" };
}

function blockedLog(attempt: Descriptor | null, code: string): Result {
  const where = attempt === null ? "of its log" : `of ${attempt.log}`;
  return { kind: "not-begun", message: `something is in the place ${where}: ${code}`, hindrance: "log" };
}

function wordsOf(stage: Exclude<StartStage, "f">, code: string, attempt: Descriptor | null): string {
  switch (stage) {
    case "d":
      return `working directory ${reasonOf(code, "entered")}${named(attempt?.cwd)}`;
    case "i":
      return `stdin file ${reasonOf(code, "read")}${named(attempt?.stdin)}`;
    case "l":
      return `its log can't be made (${code})${named(attempt?.log)}`;
    case "r": {
      const tooLong = code === "E2BIG" && attempt !== null ? findTooLong(attempt, argumentLimit()) : undefined;
      return tooLong ?? execWords(code, commandOf(attempt));
    }
  }
}

function named(path: string | null | undefined): string {
  return path === null || path === undefined ? "" : `: ${path}`;
}

function commandOf(attempt: Descriptor | null): string {
  return attempt === null ? "its command" : JSON.stringify(attempt.command);
}

function notFound(attempt: Descriptor | null): string {
  const isPath = attempt === null || attempt.command.includes("/");
  const where = isPath ? "it does not exist there, or the interpreter named in its first line does not" : "looked for on PATH";
  return `command not found: ${commandOf(attempt)} (${where})`;
}

function reasonOf(code: string, done: string): string {
  switch (code) {
    case "ENOENT":
      return "does not exist";
    case "ENOTDIR":
      return "is not a directory";
    case "EISDIR":
      return "is a directory";
    case "EACCES":
      return `can't be ${done} (no permission)`;
    default:
      return `can't be ${done} (${code})`;
  }
}

function execWords(code: string, command: string): string {
  switch (code) {
    case "ENOENT":
      return `can't be started: ${command} (it vanished, or the interpreter named in its first line does not exist)`;
    case "EACCES":
      return `not executable: ${command} (is its execute permission set?)`;
    case "ENOEXEC":
      return `not executable: ${command} (a program of another kind of machine?)`;
    case "ETXTBSY":
      return `can't be started: ${command} (somebody has it open for writing)`;
    case "E2BIG":
      return `arguments too long for the kernel: ${command}; pass them in a file`;
    default:
      return `can't be started: ${command} (${code})`;
  }
}

/** Of several names of a number the first is the usual one. */
function namesOf(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(numbers)) if (!names.has(number)) names.set(number, name);
  return names;
}
