/** That a limit has held ready tasks of a job back, and who had what was lacking: one of the events; and what an engine says of it while it lasts. */

/** What all jobs of an engine wait for as long as it starts nothing, since what was found there is not all in its hands. */
export const TAKING_UP = "what was found is being taken up, and nothing is started until all of it is";

/** Who takes of a pool. */
export interface Holder {
  readonly job: string;
  /** Null for several tasks of the job together. */
  readonly task: string | null;
  readonly amount: number;
}

/** A limit that holds ready tasks of a job back now. Times are milliseconds since the epoch. */
export interface Hold {
  readonly since: number;
  /** The name of the pool, or `concurrency` for the job's own. */
  readonly pool: string;
  /** True if the pool is the job's own. */
  readonly isOwn: boolean;
  readonly size: number;
  /** What is free of it, which is not enough, or is kept for another task. */
  readonly free: number;
  /** The task that is next, and what it takes of the pool. */
  readonly task: string;
  readonly amount: number;
  /** Who takes of it: a few of them, the largest first. Of `cpu` only other jobs: what this one runs shows in what runs. */
  readonly holders: readonly Holder[];
}

/** What an engine can say of a job that it runs, and the files can't. */
export interface LiveState {
  readonly holds: readonly Hold[];
  /** What keeps it from going on: a disk that takes no records, a machine that starts no process. Null if nothing does. */
  readonly trouble: string | null;
  /** On a cluster: slots that were asked for and are not there, in words; empty if all are. */
  readonly slots?: string;
}

/** A limit has held ready tasks of the job back, and does no more. Not told of what took less than a second. */
export interface HeldBack {
  readonly type: "held-back";
  readonly at: number;
  readonly since: number;
  /** The name of the pool, or `concurrency` for the job's own. */
  readonly pool: string;
  /** True if the pool is the job's own. */
  readonly isOwn: boolean;
  readonly size: number;
  /** The one that was next when it began. */
  readonly task: string;
  /** Who had taken of the pool then: a few of them. */
  readonly holders: readonly Holder[];
}
