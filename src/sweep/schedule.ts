/**
 * Which run comes next. Every round has each point once, in a new order, so that a machine that drifts hurts all alike and no point always
 * follows the same other. Under a budget of time the rounds after the first have only those points whose answer is least certain. Pure:
 * told how long runs took, it has no clock.
 */

import { median } from "simple-statistics";
import { ENOUGH, medianOf, type Sample } from "./estimate.js";
import { shuffled, type Random } from "./seeded-random.js";

export interface Turn {
  /** Index of the point. */
  readonly point: number;
  /** From 1; those of warm-ups are 0 and less. */
  readonly round: number;
  readonly isWarmup: boolean;
}

export interface ScheduleOptions {
  readonly points: number;
  /** Runs of each point that count; under a budget the most of each. */
  readonly repeat: number;
  readonly warmup: number;
  /** Null: without a budget. */
  readonly budgetMs: number | null;
  readonly random: Random;
}

/** A point that failed so often and never went well is not tried again. */
const HOPELESS = 2;
/** Half the width of an interval, as a share of its median: what is known so well needs no more runs. */
const CERTAIN = 0.01;
/** A point that is so much slower than the fastest decides little: its uncertainty counts a third. */
const [FAR, FAR_WEIGHT] = [1.25, 1 / 3];

interface Progress {
  readonly samples: Sample[];
  /** How long all its runs took, with what surrounds them. */
  readonly spentMs: number[];
  failures: number;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #points: Progress[];
  /** The next one. */
  #round: number;
  #queue: Turn[] = [];

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#round = 1 - options.warmup;
    this.#points = Array.from({ length: options.points }, () => ({ samples: [], spentMs: [], failures: 0 }));
  }

  /**
   * @param elapsedMs since the beginning of the bench.
   * @returns null if there is no more to do, or nothing that fits into the budget.
   */
  next(elapsedMs: number): Turn | null {
    for (;;) {
      const turn = this.#queue.shift();
      if (turn === undefined) {
        this.#queue = this.#nextRound(elapsedMs);
        if (this.#queue.length === 0) return null;
      } else if (!this.#isHopeless(turn.point) && this.#fits(turn.point, elapsedMs)) return turn;
    }
  }

  /**
   * @param timeMs null if it failed.
   * @param spentMs how long it took with all that surrounds it.
   */
  ran({ point, round, isWarmup }: Turn, timeMs: number | null, spentMs: number): void {
    const progress = this.#points[point]!;
    progress.spentMs.push(spentMs);
    if (timeMs === null) progress.failures += 1;
    else if (!isWarmup) progress.samples.push({ round, value: timeMs });
  }

  /** True if no run is wanted any more, whether it would fit or not. */
  get isSettled(): boolean {
    const { budgetMs, repeat } = this.#options;
    const fastest = this.#fastest();
    return this.#points.every(
      ({ samples }, point) =>
        this.#isHopeless(point) ||
        this.#hadMost(point) ||
        (budgetMs === null ? this.#round > repeat : this.#doubt(samples, fastest) <= CERTAIN),
    );
  }

  /** How many runs are left; null under a budget, where that depends on what comes out. */
  get left(): number | null {
    const { budgetMs, repeat } = this.#options;
    if (budgetMs !== null) return null;
    const open = this.#points.filter((_, point) => !this.#isHopeless(point)).length;
    const waiting = this.#queue.filter(({ point }) => !this.#isHopeless(point)).length;
    return waiting + (repeat - this.#round + 1) * open;
  }

  #nextRound(elapsedMs: number): Turn[] {
    const { repeat, budgetMs, random } = this.#options;
    if (budgetMs === null && this.#round > repeat) return [];
    const round = this.#round++;
    const points = budgetMs !== null && round > 1 ? this.#leastCertain(elapsedMs) : [...this.#points.keys()];
    return shuffled(points, random).map((point) => ({ point, round, isWarmup: round <= 0 }));
  }

  /** The half of those that fit and are not certain yet of which the least is known; empty if there is none. */
  #leastCertain(elapsedMs: number): number[] {
    const fastest = this.#fastest();
    const open = this.#points
      .map(({ samples }, point) => ({ point, doubt: this.#doubt(samples, fastest) }))
      .filter(
        ({ point, doubt }) =>
          doubt > CERTAIN && !this.#hadMost(point) && !this.#isHopeless(point) && this.#fits(point, elapsedMs),
      )
      .toSorted((a, b) => b.doubt - a.doubt);
    return open.slice(0, Math.ceil(open.length / 2)).map(({ point }) => point);
  }

  #fastest(): number {
    return Math.min(...this.#points.flatMap(({ samples }) => (samples.length === 0 ? [] : medianValue(samples))));
  }

  #doubt(samples: readonly Sample[], fastest: number): number {
    // An interval of less means little; whoever has the fewest comes first.
    if (samples.length < ENOUGH) return ENOUGH + 1 - samples.length;
    const { value, interval } = medianOf(samples, this.#options.random);
    const [low, high] = interval!;
    return ((high - low) / 2 / value) * (low > FAR * fastest ? FAR_WEIGHT : 1);
  }

  #hadMost(point: number): boolean {
    const { samples, failures } = this.#points[point]!;
    return samples.length + failures >= this.#options.repeat;
  }

  #isHopeless(point: number): boolean {
    const { samples, failures } = this.#points[point]!;
    return samples.length === 0 && failures >= HOPELESS;
  }

  #fits(point: number, elapsedMs: number): boolean {
    const { budgetMs } = this.#options;
    return budgetMs === null || elapsedMs + this.#expectedMs(point) <= budgetMs;
  }

  #expectedMs(point: number): number {
    const own = this.#points[point]!.spentMs;
    if (own.length > 0) return median(own);
    // Of one that was never run too much is better hoped for: without it there is no answer.
    const others = this.#points.flatMap(({ spentMs }) => spentMs);
    return others.length === 0 ? 0 : Math.min(...others) / 2;
  }
}

function medianValue(samples: readonly Sample[]): number {
  return median(samples.map(({ value }) => value));
}
