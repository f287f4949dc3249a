/** That a limit has held ready tasks of a job back, and who had what was lacking: one of the events. */

/** Who takes of a pool. */
export interface Holder {
  readonly job: string;
  readonly task: string;
  readonly amount: number;
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
