/**
 * What pool.ts (main thread) and entry.ts (worker thread) say to each other, over one port a thread, in batches.
 *
 * Plain data only: a custom error would lose its code on the way. One port carries everything, since two have no common order.
 */

import type { MessagePort } from "node:worker_threads";

import type { Descriptor, OrphanedAttempt, Report } from "../domain/ports.js";

/** What a thread is given when it starts. */
export interface WorkerSetup {
  readonly port: MessagePort;
  /** Absolute path of the directory that holds the jobs; tasks find it as AIR_EXECUTOR_DIR. */
  readonly directory: string;
  /** Where the spools are. */
  readonly lanesDirectory: string;
  /** Begins the names of this engine's spools. */
  readonly token: string;
  /** The shell to make lanes of; null for the best one here. */
  readonly shell: string | null;
}

/** To a thread. */
export type WorkerCommand =
  | { readonly type: "start"; readonly attempts: readonly Descriptor[] }
  | { readonly type: "stop"; readonly key: number; readonly graceMs: number }
  | { readonly type: "adopt"; readonly attempts: readonly OrphanedAttempt[] }
  /** Start lanes for these slots ahead of their first task. */
  | { readonly type: "warm"; readonly slots: readonly number[] }
  /** Remove these spools of earlier engines if their lanes are gone. */
  | { readonly type: "forget"; readonly spools: readonly string[] }
  /** End the lanes, remove their spools unless they are still needed, and let the thread's one long task return. */
  | { readonly type: "close"; readonly keepsSpools: boolean };

/** From a thread: the reports of one turn of its event loop. */
export type WorkerMessage = readonly Report[];
