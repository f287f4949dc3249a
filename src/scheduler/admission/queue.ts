/**
 * The ready tasks of one job that take the same, as the admission sees them: only the first of them matters. The tasks
 * themselves are in the plan.
 */

import type { Resources } from "../../domain/resources.js";
import type { IndexedHeap } from "../plan/indexed-heap.js";
import type { ReadyTasks } from "../plan/ready-queues.js";
import type { Applicant, Gate } from "./gate.js";
import type { Shares } from "./pools.js";

/** What the admission needs of a job. */
export interface Candidate {
  /** How many attempts of it run. */
  readonly slots: number;
  /** False if nothing of it may start now, whatever there is room for. */
  readonly isOpen: boolean;
  /** Pools of its own; empty for none. */
  readonly pools: Resources;
  /** How many of its tasks may run at once; `Infinity` for no limit of its own. */
  readonly limit: number;
  readonly ready: ReadyTasks;
}

/** What an attempt takes while it runs: the same object for all of a queue. */
export interface Holding {
  readonly demand: Resources;
  /** True if it is what tasks take that say nothing. */
  readonly isPlain: boolean;
  /** Of the engine's pools. */
  readonly shared: Shares;
  /** Of the job's own. */
  readonly own: Shares;
}

export interface Queue<Job extends Candidate = Candidate> extends Applicant {
  readonly job: Job;
  readonly demand: number;
  readonly holding: Holding;
  readonly turn: Turn<Job>;
  /** The task that is next; undefined if there is none, or if the job itself holds it back. */
  head: number | undefined;
}

/** What is taken of the engine's pools, and the turns of all jobs that would take just that: if there is room for one there is for all. */
export interface Kind {
  readonly shares: Shares;
  /** Whose turn it is, by their slots. */
  readonly heap: IndexedHeap;
  /** Place in the list of those with turns; -1 if there are none. */
  place: number;
  /** How many turns there are of it, also of jobs that wait for nothing now. */
  users: number;
}

/** The place of a job between all that would take the same of the engine's pools. */
export interface Turn<Job extends Candidate = Candidate> {
  readonly member: Member<Job>;
  readonly kind: Kind;
  /** Those of its queues that do. */
  readonly queues: Queue<Job>[];
  /** The one of them that goes first; null if none may go. */
  first: Queue<Job> | null;
  readonly slot: number;
}

export interface Member<Job extends Candidate = Candidate> {
  readonly queues: Map<number, Queue<Job>>;
  readonly turns: Map<Kind, Turn<Job>>;
  /** Of its own pools; null if it has none. */
  readonly gate: Gate<Queue<Job>> | null;
  /** Among equals the one that came first goes first. */
  readonly number: number;
  /** When an attempt of the job was last chosen, counted in choices. */
  chosenAt: number;
  /** As they were when its turns were settled last: what orders a heap must not change under it. */
  slots: number;
  servedAt: number;
  isOpen: boolean;
}
