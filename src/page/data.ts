/**
 * What a page is drawn from: the one thing that the writer of pages and the page in a browser agree on. Times are milliseconds since
 * `base`; tasks, attempts and groups go by their index. Columns instead of objects, since a page of 10,000 tasks is to stay small.
 */

export interface PageData {
  readonly run: RunData | null;
  readonly bench: BenchData | null;
}

export interface RunData {
  readonly name: string;
  readonly id: string;
  /** Of the job. */
  readonly state: string;
  /** What a reader should know first: that it still runs, that its record is damaged; null if nothing. */
  readonly note: string | null;
  readonly error: string | null;
  /** Milliseconds since the epoch: zero of all other times. */
  readonly base: number;
  /** When it ended, or up to when it is told. */
  readonly end: number;
  readonly isOver: boolean;
  /** So many at once, as far as that is known; else as many as ran at once at most. */
  readonly slots: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly tasks: TaskColumns;
  readonly attempts: AttemptColumns;
  readonly groups: readonly GroupData[];
  /** Pairs of groups, one before the other, flat. Empty if there are too many to draw. */
  readonly edges: readonly number[];
  readonly path: readonly { readonly task: number; readonly wait: number; readonly run: number }[];
  readonly pathTime: Readonly<Record<"before" | "run" | "slotWait" | "limit" | "delay" | "paused" | "own", number>>;
  readonly slotTime: Readonly<
    Record<"work" | "serial" | "narrow" | "stragglers" | "delays" | "limits" | "paused" | "own", number>
  >;
  readonly longestChain: number;
  readonly failures: readonly FailureData[];
  /** How many more failed. */
  readonly moreFailures: number;
}

export interface TaskColumns {
  /** Each is what it has in common with the one before, as a number of characters, and the rest. */
  readonly shared: readonly number[];
  readonly rest: readonly string[];
  /** Index into `statuses`. */
  readonly status: readonly number[];
  readonly statuses: readonly string[];
  readonly group: readonly number[];
  /** The dependency that ended last, -1 without one. */
  readonly after: readonly number[];
}

export interface AttemptColumns {
  readonly task: readonly number[];
  readonly slot: readonly number[];
  /** When it could have started. */
  readonly ready: readonly number[];
  /** From then to its start. */
  readonly wait: readonly number[];
  /** In how much of that all slots were taken. */
  readonly full: readonly number[];
  /** How long it ran; up to the end of what is told if it still runs. */
  readonly took: readonly number[];
  /** Index into `outcomes`. */
  readonly outcome: readonly number[];
  readonly outcomes: readonly string[];
  /** Milliseconds and KiB; -1 where they are not known. */
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
}

export interface GroupData {
  readonly name: string;
  readonly tasks: number;
  readonly counts: Readonly<Record<string, number>>;
}

export interface FailureData {
  readonly task: number;
  readonly status: string;
  readonly error: string;
  readonly attempts: number;
  /** The last lines of its log. */
  readonly tail: string;
}

/** The parts of a bench's result that are shown. */
export interface BenchData {
  readonly name: string;
  readonly id: string;
  readonly createdAt: string;
  readonly machine: string;
  readonly ended: string;
  readonly knee: string | null;
  readonly kneePoint: number | null;
  readonly baseline: number | null;
  readonly axis: string;
  readonly points: readonly BenchPointData[];
  readonly laws: readonly BenchLawData[];
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly warnings: readonly string[];
}

export interface BenchPointData {
  readonly label: string;
  /** Place on the axis; points of one series have the same `series`. */
  readonly x: number;
  readonly series: string;
  readonly concurrency: number;
  readonly runs: number;
  readonly failed: number;
  readonly verdict: string;
  readonly wall: Interval | null;
  readonly own: number | null;
  readonly speedUp: Interval | null;
  readonly efficiency: number | null;
  readonly cpu: number | null;
  readonly memory: number | null;
  /** All times that were measured. */
  readonly times: readonly number[];
}

export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface BenchLawData {
  readonly series: string;
  readonly text: string;
}
