/**
 * What a spool of an earlier runner says of the attempts that are adopted from it: one interface for those of this version
 * (runner-spool.ts) and of the last one (lane-spool.ts). Readers only.
 */

import type { Result, Usage } from "../../domain/outcome.js";
import type { Look } from "../../system/look/look.js";
import type { ProcessIdentity } from "../../system/process/process-identity.js";
import type { Trace } from "../ending/trace.js";
import type { EndingReason } from "../spool/spool-lines.js";

/** What is known of an attempt so far. */
export interface Told {
  readonly hasBegun: boolean;
  /** In milliseconds since the epoch; null if it is not known. */
  readonly begunAt: number | null;
  readonly end: ToldEnd | null;
  /** Why it was being ended, if it was; or why it may have failed. */
  readonly reason: EndingReason | null;
  /** How many processes it has left behind when it ended by itself, as far as that is known. */
  readonly left: number;
  /** Why what it wrote is gone (errno), if it is. */
  readonly lostLog: number | null;
  /** True if it will not begin. */
  readonly isDropped: boolean;
  /** True if it may have begun or ended although nothing says so: a part of the record can't be read. */
  readonly isDoubtful: boolean;
}

export interface ToldEnd {
  readonly result: Result;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly usage: Usage | null;
}

export interface AdoptedSpool {
  /** Takes in what was written since. Throws the file system's errors. */
  read(): void;
  /** Whether whoever writes it may write more. */
  isAlive(): Look;
  /** True if its writer lives, as the last such look found, where we see no processes (another container): nothing of it can be ended from here. */
  readonly isOutOfSight: boolean;
  /** True of a copy whose writer is seen to write another file: what runs there is not this directory's. */
  isCopy(): boolean;
  /** Who writes it, as far as it says. */
  readonly writer: ProcessIdentity | null;
  /** Keeps its writer from beginning what it has not begun, if that is in its hands. Throws the file system's errors. */
  holdBack(): void;
  /** Its writer goes on, if somebody has stopped it (SIGSTOP): what it has to record would never come. */
  wake(): void;
  told(key: number): Told;
  /** Keys of attempts in it that have begun and have no end, those that nobody asked for included. */
  readonly unended: ReadonlySet<number>;
  /** By what its processes are known, and those variables. */
  trace(key: number, variables: readonly string[]): Trace;
  /** True if its writer ends an attempt by itself when its time is over. */
  readonly keepsLimits: boolean;
  /** True if it was written before the machine was started. */
  isOfEarlierBoot(): boolean;
  close(): void;
}
