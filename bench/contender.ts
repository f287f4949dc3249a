/** What a scenario compares: the words that scenarios, rounds and report share. */

import type { Measured } from "./measured.js";
import type { Values } from "./result.js";
import type { Summary } from "./statistics.js";
import type { Peer } from "./toolbox.js";

/** What a finished run leaves for its check. */
export interface Run {
  /** Where it ran: created for it, and empty but for what `prepare` wrote. */
  readonly directory: string;
  readonly stdout: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface Contender {
  readonly name: string;
  /** Looked up on a PATH that begins with our tools and the Node that runs us. */
  readonly command: readonly string[];
  /** The tool without which it is skipped; none by default. */
  readonly needs?: Peer;
  readonly prepare?: (directory: string) => void;
  /** Makes sure that the run did all that it should have, throwing if not; returns what else is to be learned from it. */
  readonly check: (run: Run) => Values;
}

export interface Column {
  readonly title: string;
  /** After the decimal point; 0 by default. */
  readonly digits?: number;
  readonly of: (contender: string, measured: Measured) => number | Summary | null;
}

/** What we want to reach. */
export interface Goal {
  readonly what: string;
  /** At least: more is better. At most: less is. */
  readonly kind: "at least" | "at most";
  readonly bar: number;
  readonly hope: number;
  readonly unit: string;
  readonly of: (measured: Measured) => number | null;
}

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  /** What is done, in one sentence. */
  readonly title: string;
  readonly contenders: readonly Contender[];
  readonly columns: readonly Column[];
  readonly goals: readonly Goal[];
  /** Rounds for each that was asked for; 1 by default. For runs so short that more of them cost little. */
  readonly roundsFactor?: number;
  /** True if a run's files are too large to be kept until the end. */
  readonly isLarge?: boolean;
  /** Seconds for one run; 300 by default. */
  readonly limitSeconds?: number;
}
