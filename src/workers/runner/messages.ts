/**
 * What local-runner.ts (main thread) and thread.ts (worker thread) say to each other, over one port, in batches.
 *
 * Plain data only: a custom error would lose its code on the way. One port carries everything, since two have no common order.
 */

import type { MessagePort } from "node:worker_threads";
import type { OrphanedAttempt, Report } from "../../domain/ports.js";
import type { StartStage } from "../spool/spool-lines.js";

/** What the thread is given when it starts. */
export interface ThreadSetup {
  readonly port: MessagePort;
  /** Absolute path of the directory that holds the jobs; tasks find it as AIR_EXECUTOR_DIR. */
  readonly directory: string;
  /** Where the spools are. */
  readonly lanesDirectory: string;
  /** Options of the runner's command line. */
  readonly runnerOptions: readonly string[];
}

/** A file to run, to be looked for. */
export interface WantedFile {
  readonly command: string;
  /** What it becomes, which must be there, too; null for nothing else. */
  readonly becomes: string | null;
  readonly cwd: string;
  /** PATH of the task; null for the engine's. */
  readonly path: string | null;
}

/** A log of an earlier attempt that has to make room. */
export interface MovedLog {
  readonly key: number;
  readonly from: string;
  readonly to: string;
}

/** Attempts for a runner. */
export interface HandOver {
  readonly type: "start";
  /** Name of the runner's spool; a new name is a new runner. */
  readonly claim: string;
  /** How many may run at once. */
  readonly width: number;
  /** Commands of the runner, in which the files to run are still missing. */
  readonly bytes: Uint8Array;
  /** Five numbers an attempt: key, where its command begins, where its file is to be put in, where it ends, index of the file. */
  readonly rows: Uint32Array;
  readonly files: readonly WantedFile[];
  readonly moves: readonly MovedLog[];
}

/** To the thread. */
export type ThreadCommand =
  | HandOver
  /** Start the runner of that name ahead of its first attempt. */
  | { readonly type: "warm"; readonly claim: string; readonly width: number }
  /** Let the runner of that name go: what it had has ended. */
  | { readonly type: "dismiss"; readonly claim: string }
  | { readonly type: "stop"; readonly key: number; readonly graceMs: number; readonly needsEnd: boolean }
  /** What the runner of that name has and has not begun comes back. */
  | { readonly type: "recall"; readonly claim: string }
  /** Answer when it has been told what is left of those that ended. */
  | { readonly type: "look-behind" }
  | { readonly type: "adopt"; readonly attempts: readonly OrphanedAttempt[] }
  /** Remove these spools, which nobody needs, if their runners are gone. */
  | { readonly type: "forget"; readonly claims: readonly string[] }
  /** Let the runner go, and let the thread's one long task return. What `mayRunOn` may never end: that is not waited for. */
  | { readonly type: "close"; readonly mayRunOn: boolean };

/** What is to be told of an attempt beside the ends of most. Times are milliseconds since the epoch. */
export type UnusualEnd =
  | {
      readonly type: "not-started";
      readonly key: number;
      readonly at: number;
      readonly stage: StartStage;
      readonly errno: number;
    }
  | { readonly type: "dropped"; readonly key: number; readonly at: number }
  /** One that was adopted, or never came to the runner. */
  | { readonly type: "settled"; readonly report: Report }
  /** No end: so many processes of it outlive every KILL. */
  | { readonly type: "stuck"; readonly key: number; readonly processes: number }
  /** No end: what it wrote is lost. */
  | { readonly type: "log-lost"; readonly key: number; readonly errno: number }
  /** No end: it has ended, perhaps long ago, and so many processes of it run on. */
  | { readonly type: "left"; readonly key: number; readonly processes: number };

/** Numbers of an end in `ThreadNews.ends`: key, how, exit code or signal, begin and end (µs since 1970), user and system (µs), KB. */
export const END = 8;
/** Bits of "how". */
export const [BY_SIGNAL, AFTER_LIMIT, AFTER_STOP, OUT_OF_MEMORY, IN_SHUTDOWN] = [1, 2, 4, 8, 16];

/** From the thread: what became known in one turn of its event loop. */
export type ThreadNews =
  | {
      readonly type: "news";
      /** Pairs of a key and when it began, in µs since 1970: those that have run for a while, and those that are adopted. */
      readonly begun: readonly number[];
      readonly ends: Float64Array;
      readonly unusual: readonly UnusualEnd[];
    }
  /** The first word: the thread is there. */
  | { readonly type: "up" }
  /** All has been told that is left of those that had ended when that was asked; each question gets an answer, in their order. */
  | { readonly type: "looked-behind" }
  /** The runner of that name is gone, and begins nothing more; what it had is to be adopted. */
  | { readonly type: "gone"; readonly claim: string; readonly why: string }
  /** The spool of that runner has become long: another runner is to take what comes. */
  | { readonly type: "grown"; readonly claim: string }
  /** Of these attempts nothing becomes known: why, or null if that is over. */
  | {
      readonly type: "standstill";
      /** Names it until it is over. Without keys: the claim of the runner that it concerns, with all that it has. */
      readonly id: string;
      readonly keys: readonly number[] | null;
      readonly why: string | null;
      readonly isUnclear: boolean;
    }
  /** Somebody should know. */
  | { readonly type: "notice"; readonly text: string };
