/**
 * Faults that a test wants an engine to meet, as plain data: they travel to the engine's process in its environment, where
 * fault-preload.ts carries them out.
 */

/** The calls that can be made to fail, or to be the last ones. */
export type FaultCall =
  | "openSync"
  | "closeSync"
  /** With a callback. */
  | "close"
  | "writeSync"
  | "renameSync"
  | "mkdirSync"
  | "rmSync"
  | "ftruncateSync"
  /** With a callback. */
  | "fdatasync"
  /** Of node:fs/promises. */
  | "open"
  /** Of a FileHandle. */
  | "writev"
  /** Of a FileHandle. */
  | "datasync"
  /** Of a FileHandle. */
  | "sync"
  | "spawn"
  | "spawnSync"
  | "lstatSync"
  | "fstatSync"
  | "readdirSync"
  | "opendirSync"
  | "readSync"
  | "readFileSync"
  | "unlinkSync"
  | "linkSync"
  | "chmodSync"
  | "watch"
  | "statSync"
  | "accessSync"
  | "realpathSync"
  | "readlinkSync"
  /** To a socket. */
  | "connect"
  /** At a socket. */
  | "listen"
  /** A thread that is to be started. */
  | "Worker"
  | "postMessage"
  /** Into a runner's standard input. */
  | "socketWrite";

/** Which calls are meant: from the nth of those that match (1 is the first). */
export interface CallPoint {
  readonly call: FaultCall;
  /** What the path must end with; for a descriptor that of its file. Default: anything. */
  readonly path?: string;
  /** What the path has to be in the form of a recording (see `RECORD_VARIABLE`). Default: anything. */
  readonly place?: string;
  readonly nth: number;
}

interface Deaths {
  readonly times: number;
  /** A directory: threads don't share their memory, nor do engines. */
  readonly tokens: string;
}

export type Fault =
  /** kill -9 of the whole process, just before the call or just after it has returned. */
  | ({ readonly kind: "kill"; readonly when: "before" | "after" } & CallPoint)
  /** So many calls in a row fail; without `times` all from the nth on. */
  | ({ readonly kind: "fail"; readonly code: string; readonly times?: number } & CallPoint)
  /** A sync fails with EIO, and what was written to the file since the last one is no longer what was written. */
  | ({ readonly kind: "forget"; readonly times: number } & CallPoint)
  /** The call writes half of what it should and says so; what follows it fails with ENOSPC, so many times. */
  | ({ readonly kind: "short"; readonly times?: number } & CallPoint)
  /** An uncaught error in a worker thread, at the call: no more often than so many, for which it leaves a file each in `tokens`. */
  | ({ readonly kind: "uncaught"; readonly when: "before" | "after" } & Deaths & CallPoint)
  /** The same so long after each thread's start. */
  | ({ readonly kind: "uncaught-later"; readonly afterMs: number } & Deaths)
  /** The wall clock jumps, so long after the start. */
  | { readonly kind: "clock"; readonly afterMs: number; readonly byMs: number };

/** What an engine says on stderr when it meets a fault that it survives: a fault that was never met proves nothing. */
export const FAULT_MET = "fault met";

export const FAULTS_VARIABLE = "TEST_FAULTS";

/** Names a file to which each call is written at its first time, as `CALL PLACE`: what can fail, whoever calls it. */
export const RECORD_VARIABLE = "TEST_FAULTS_RECORD";
/** The directory whose files have a place. So have those of /proc, and programs that are started. */
export const ROOT_VARIABLE = "TEST_FAULTS_ROOT";
