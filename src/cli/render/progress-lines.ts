/**
 * Progress where there is no terminal: plain lines. A small job gets a line for every task that ends; a large one gets its first
 * failures and, now and then, where it stands. Time comes in as a value; nothing is written here.
 */

import type { AttemptEnded, Counts, JobEvent } from "../../index.js";
import { shortened } from "../task-command.js";
import { countsText, endedCount } from "./counts-text.js";
import { formatCount, formatDuration, formatRate } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";

type Ended = Extract<JobEvent, { type: "attempt-ended" | "task-ended" }>;

const smallJob = 100;
const maxFailureLines = 20;
const intervalMs = 5000;
const COMMAND_WIDTH = 60;

export class ProgressLines {
  readonly #style: Style;
  readonly #startedAt: number;
  readonly #endedBefore: number;
  readonly #attemptStarts = new Map<string, number>();
  /** Tasks of a small job that wait in the runner, as far as is known. */
  readonly #waiting = new Set<string>();
  readonly #isBatch: boolean;
  readonly #commandOf: (task: string) => string | null;
  #failureLines = 0;
  #lastAt: number;

  /**
   * @param counts where the job stands now: it may have been taken up where it stopped.
   * @param commandOf what stands behind a task that failed; null for nothing.
   */
  constructor(
    style: Style,
    counts: Counts,
    nowMs: number,
    isBatch = false,
    commandOf: (task: string) => string | null = () => null,
  ) {
    this.#isBatch = isBatch;
    this.#commandOf = commandOf;
    this.#style = style;
    this.#startedAt = nowMs;
    this.#lastAt = nowMs;
    this.#endedBefore = endedCount(counts);
  }

  /**
   * @param counts as they are after these events.
   * @param clockMs what the clock says: events may tell of what happened long ago, while no engine was there.
   */
  take(events: readonly JobEvent[], counts: Counts, nowMs: number, clockMs: number): string[] {
    const isSmall = counts.total <= smallJob && !this.#isBatch;
    const ends = events.filter((event) => this.#isEnd(event, isSmall));
    let ended = endedCount(counts) - ends.filter((event) => !isRetry(event)).length;
    const lines: string[] = [];
    for (const event of ends) {
      if (!isRetry(event)) ended += 1;
      const line = this.#line(event, `[${formatCount(ended)}/${formatCount(counts.total)}]`, isSmall, clockMs);
      if (line !== null) lines.push(line);
    }
    if (!isSmall && nowMs - this.#lastAt >= intervalMs) lines.push(this.#progressLine(counts, nowMs));
    return lines;
  }

  #isEnd(event: JobEvent, isSmall: boolean): event is Ended {
    if (isSmall && event.type === "attempt-started") {
      this.#attemptStarts.set(event.task, event.at);
      if (event.queued === true) this.#waiting.add(event.task);
    }
    if (event.type === "task-ended") return true;
    if (event.type !== "attempt-ended") return false;
    // What was handed over ahead and came back is nobody's end, and no second try will follow.
    return !(this.#waiting.delete(event.task) && event.outcome.kind === "not-begun" && isRetry(event));
  }

  #line(event: Ended, place: string, isSmall: boolean, clockMs: number): string | null {
    const isFailure = event.status === "failed";
    if (!isSmall && (!isFailure || ++this.#failureLines > maxFailureLines)) return null;
    // One that was cancelled meanwhile is that.
    const isInterrupted = isRetry(event) && event.outcome.stopped === "interrupt";
    const word = isInterrupted ? "interrupted" : isRetry(event) ? "retrying" : event.status;
    const reason = event.error === null || isInterrupted ? "" : `: ${printableLine(event.error)}`;
    const head = `${place} ${styleOf(event.status, this.#style)(word)} ${printableLine(event.task)}${reason}`;
    const command = isFailure ? this.#commandOf(event.task) : null;
    return `${head}${this.#detail(event, clockMs)}${command === null ? "" : `: ${shortened(command, COMMAND_WIDTH)}`}`;
  }

  #detail(event: Ended, clockMs: number): string {
    if (event.type === "task-ended") return "";
    const startedAt = event.begunAt ?? this.#attemptStarts.get(event.task);
    const took = startedAt === undefined ? [] : [formatDuration(event.at - startedAt)];
    const attempt = event.attempt === 1 ? [] : [`attempt ${event.attempt}`];
    const wait = event.retryAt === null ? [] : [`again in ${formatDuration(event.retryAt - clockMs)}`];
    this.#attemptStarts.delete(event.task);
    const details = [...took, ...attempt, ...wait];
    return details.length === 0 ? "" : this.#style.faint(` (${details.join(", ")})`);
  }

  #progressLine(counts: Counts, nowMs: number): string {
    this.#lastAt = nowMs;
    const ended = endedCount(counts);
    const rate = ((ended - this.#endedBefore) * 1000) / (nowMs - this.#startedAt);
    const left = rate > 0 ? `, about ${formatDuration(((counts.total - ended) * 1000) / rate)} left` : "";
    return `[${formatCount(ended)}/${formatCount(counts.total)}] ${countsText(counts, this.#style)}; ${formatRate(rate)}${left}`;
  }
}

/** An attempt that failed and will be followed by another. */
function isRetry(event: JobEvent): event is AttemptEnded {
  return event.type === "attempt-ended" && event.status === "pending";
}
