/**
 * From what a lane's shell saw to a `Result`. Pure; the caller fetches the evidence, and only for attempts that did not exit with 0.
 *
 * A shell reports signal n as 128 + n, which a task can also return itself. What tells them apart is the word that the shell says of a
 * signal: dash writes it to the task's own log (the redirection is still in force), bash to its own stderr, which is the spool. A task
 * that says such a word last and returns the matching code itself is taken for killed: so is a shell that passes on its child's death.
 */

import { constants } from "node:os";
import { dirname } from "node:path";

import type { Result } from "../domain/outcome.js";
import type { LaneShell } from "./lane.js";

/** What is known of an attempt beside its exit status. */
export interface Evidence {
  /** Path of the log. */
  readonly log: string;
  /** The last bytes of the log; empty if there is none. */
  readonly logTail: string;
  /** What the lane wrote to its stderr while the attempt ran. */
  readonly complaint: string;
  /** The absolute path that the lane was told to run; null if it is not known any more. */
  readonly file: string | null;
  /** The lane's. */
  readonly shell: LaneShell;
}

/** The words are those of strsignal(3) without a locale, and where they differ those of BSD. */
const SIGNAL_WORDS: Readonly<Record<string, readonly string[]>> = {
  SIGHUP: ["Hangup"],
  SIGQUIT: ["Quit"],
  SIGILL: ["Illegal instruction"],
  SIGTRAP: ["Trace/breakpoint trap", "Trace/BPT trap"],
  SIGABRT: ["Aborted", "Abort trap"],
  SIGBUS: ["Bus error"],
  SIGFPE: ["Floating point exception"],
  SIGKILL: ["Killed"],
  SIGUSR1: ["User defined signal 1"],
  SIGSEGV: ["Segmentation fault"],
  SIGUSR2: ["User defined signal 2"],
  SIGALRM: ["Alarm clock"],
  SIGTERM: ["Terminated"],
  SIGSTKFLT: ["Stack fault"],
  SIGXCPU: ["CPU time limit exceeded", "Cputime limit exceeded"],
  SIGXFSZ: ["File size limit exceeded", "Filesize limit exceeded"],
  SIGVTALRM: ["Virtual timer expired"],
  SIGPROF: ["Profiling timer expired"],
  SIGIO: ["I/O possible"],
  SIGPWR: ["Power failure"],
  SIGSYS: ["Bad system call"],
};

/** Shells say nothing of these; bash says nothing of TERM either. */
const WORDLESS = ["SIGINT", "SIGPIPE"];

const SIGNALS = new Map<number, { readonly name: string; readonly words: readonly string[] }>();
for (const [name, number] of Object.entries(constants.signals)) {
  const words = WORDLESS.includes(name) ? [] : SIGNAL_WORDS[name];
  if (words !== undefined) SIGNALS.set(number, { name, words });
}

const NO_ROOM = new RegExp(
  [
    "Cannot fork",
    "Resource temporarily unavailable",
    "No space left",
    "Disk quota exceeded",
    "Too many open files",
    "Cannot allocate memory",
  ].join("|"),
  "i",
);
/** What hinders a log that is no fault of its directory's. */
const NO_HANDLE = /Too many open files|Cannot allocate memory/i;
const LOG_IN_THE_WAY = /File exists|cannot overwrite|Is a directory|name too long/i;

const NO_ROOM_CODES: ReadonlySet<string> = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM", "ENOSPC", "EDQUOT", "EINTR"]);

/** True if the machine has no room (processes, handles, memory, disk) for now: then it is worth trying again. */
export function isNoRoom(complaint: string): boolean {
  return NO_ROOM.test(complaint);
}

/** True if the log holds only the shell's word that it could not fork; it has ended by that. */
export function isNoForkIn(logTail: string, shell: LaneShell): boolean {
  return withoutPrefix(logTail, shell) !== undefined && isNoRoom(logTail);
}

/** The directory of the logs takes no file. */
export function withoutLog(log: string, reason: string): Result {
  return { kind: "not-begun", message: `${dirname(log)}: ${reason}`, hindrance: "log" };
}

/** The lane did not start it, since the spool took no word of that. */
export const UNRECORDED: Result = { kind: "not-begun", message: "its start could not be recorded" };

/** Whatever hinders us from making a runner is no fault of the task: it waits. Said of the directory, not of one slot's spool. */
export function withoutRunner(error: unknown, spool: string): Result {
  const reason = (error as Error).message.replaceAll(spool, dirname(spool));
  return { kind: "not-begun", message: `no runner could be started: ${reason}` };
}

/** What it means that a system call failed before the attempt began. */
export function beforeBegin(what: string, error: unknown): Result {
  const { code, message } = error as NodeJS.ErrnoException;
  const kind = code !== undefined && NO_ROOM_CODES.has(code) ? "not-begun" : "spawn-failed";
  return { kind, message: `${what}: ${message}` };
}

export function classify(exitStatus: number, evidence: Evidence): Result {
  if (exitStatus > 128) {
    const signal = signalOf(exitStatus - 128, evidence);
    if (signal !== undefined) return { kind: "signaled", signal };
  }
  return startFailure(exitStatus, evidence) ?? { kind: "exited", exitCode: exitStatus };
}

/** Undefined if the evidence does not show that signal. */
function signalOf(number: number, { logTail, complaint, shell }: Evidence): string | undefined {
  const realTime = /Real-time signal (\d+)(?: \(core dumped\))?\n$/.exec(logTail);
  if (realTime !== null && number >= 34) return `SIGRTMIN+${realTime[1]}`;
  const signal = SIGNALS.get(number);
  if (signal === undefined) return undefined;
  if (signal.words.length === 0 || (signal.name === "SIGTERM" && !shell.isDash)) return signal.name;
  for (const word of signal.words) {
    // Not "a line of its own": a killed task leaves its last line unfinished.
    if (logTail.endsWith(`${word}\n`) || logTail.endsWith(`${word} (core dumped)\n`)) return signal.name;
    if (new RegExp(`^\\S+: line \\d+: +\\d+ ${word.replace("/", "\\/")}\\b`, "m").test(complaint)) return signal.name;
  }
  return undefined;
}

/** Set if the shell could not start the command. */
function startFailure(exitStatus: number, { log, logTail, complaint, file, shell }: Evidence): Result | undefined {
  // A shell fails with 2 (bash 1) where it can't redirect or change directory. That it says on its own stderr.
  if (exitStatus === 1 || exitStatus === 2 || exitStatus === 126 || exitStatus === 127) {
    const said = withoutPrefix(complaint, shell) ?? complaint;
    const reason = hindranceOf(said, log);
    if (reason !== undefined) return withoutLog(log, reason);
    if (said !== "") return failure(said);
  }
  // Why it could not exec it says where the command's stderr goes: then this line is all there is.
  if (file !== null && (exitStatus === 126 || exitStatus === 127)) {
    const line = logTail.endsWith("\n") ? logTail.slice(0, -1) : logTail;
    const said = withoutPrefix(line, shell) ?? saidByEnv(line, file);
    if (said?.startsWith(`${file}: `)) return failure(execFailure(file, said.slice(file.length + 2)));
  }
  return undefined;
}

/** Why the log can't be made, if that is what the shell says and trying again may help. */
function hindranceOf(said: string, log: string): string | undefined {
  const text = said.replace(/^cannot create /, "");
  const reason = text.slice(log.length + 2);
  return text.startsWith(`${log}: `) && !NO_HANDLE.test(reason) && !LOG_IN_THE_WAY.test(reason) ? reason : undefined;
}

function failure(message: string): Result {
  return { kind: isNoRoom(message) ? "not-begun" : "spawn-failed", message };
}

/** What a shell says after `sh: 12: ` or `sh: line 12: `; undefined if these are not its words. */
function withoutPrefix(text: string, { name }: LaneShell): string | undefined {
  if (!text.startsWith(`${name}: `)) return undefined;
  return text.slice(name.length + 2).replace(/^(?:line )?\d+: /, "");
}

/** env(1) puts the file in quotes of some kind; undefined if these are not its words. */
function saidByEnv(line: string, file: string): string | undefined {
  const found = /^(?:\S*\/)?env: (.+): ([^:]+)$/s.exec(line);
  const isAboutFile = found?.[1]?.replace(/^['"‘`]|['"’]$/g, "") === file;
  return isAboutFile ? `${file}: ${found?.[2]}` : undefined;
}

function execFailure(file: string, reason: string): string {
  if (/^(?:not found|No such file)/.test(reason)) {
    return `can't be started: "${file}" (it vanished, or the interpreter named in its first line does not exist)`;
  }
  if (reason.startsWith("Argument list too long")) {
    return `arguments too long for the kernel: "${file}"; pass them in a file`;
  }
  return `can't be started: "${file}" (${reason})`;
}
