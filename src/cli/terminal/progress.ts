/**
 * Shows how a running job goes: lines at the bottom of a terminal, plain lines elsewhere. Only watches; the job doesn't wait for it. The
 * cursor stays where it is to be seen, so that nothing is left behind by whatever ends us.
 */

import type { Job, JobEvent } from "../../index.js";
import { isInForeground } from "./in-foreground.js";
import { endedCount } from "../render/counts-text.js";
import { heldBackLines } from "../render/held-back-lines.js";
import { printableLine } from "../render/printable.js";
import { ProgressLines } from "../render/progress-lines.js";
import { screenLines } from "../render/progress-screen.js";
import { Rate } from "../render/rate.js";
import type { Sink } from "./terminal.js";

export interface Progress {
  /** Writes a line of its own, so that the lines at the bottom don't swallow it. */
  say(line: string): void;
  /** Draws no more and leaves the terminal clean. */
  end(): void;
}

export interface ProgressOptions {
  /** True for a batch: what its tasks print is shown, so that only failures have lines of their own. Default: false. */
  readonly isBatch?: boolean;
  /** How many tasks there will be; null while nobody knows. Default: those that the job has. */
  readonly total?: () => number | null;
  /** What a task that failed had to run, where its id doesn't say it; null for nothing. Default: always null. */
  readonly commandOf?: (task: string) => string | null;
}

const REDRAW_MS = 100;
const TELL_SLOTS_MS = 5_000;
/** Rows that stay for what is written above. */
const ROWS_ABOVE = 4;
const USUAL_ROWS = 24;

export function showProgress(job: Job, err: Sink, options: ProgressOptions = {}): Progress {
  return err.isLive ? new Screen(job, err, options) : printLines(job, err, options);
}

function printLines(job: Job, err: Sink, { isBatch = false, commandOf }: ProgressOptions): Progress {
  const lines = new ProgressLines(err.style, job.status().counts, performance.now(), isBatch, commandOf);
  const stop = job.onEvents((events) => {
    for (const line of lines.take(events, job.status().counts, performance.now(), Date.now())) err.write(`${line}\n`);
  });
  const stopSlots = tellSlots(job, err);
  const end = (): void => [stop, stopSlots].forEach((each) => each());
  return { say: (line) => err.write(`${line}\n`), end };
}

/** Says now and then which slots of a cluster don't come, and why. */
function tellSlots(job: Job, err: Sink): () => void {
  if (job.live().slots === undefined) return () => {};
  let said = "";
  const timer = setInterval(() => {
    const { slots = "" } = job.live();
    if (slots !== "" && slots !== said) err.write(`${printableLine((said = slots))}\n`);
  }, TELL_SLOTS_MS);
  return () => clearInterval(timer);
}

class Screen implements Progress {
  readonly #job: Job;
  readonly #err: Sink;
  readonly #total: () => number | null;
  readonly #rate: Rate;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #stops: readonly (() => void)[];

  constructor(job: Job, err: Sink, { total, commandOf }: ProgressOptions) {
    this.#job = job;
    this.#err = err;
    this.#total = total ?? (() => job.status().counts.total);
    this.#rate = new Rate(endedCount(job.status().counts), this.#startedAt);
    const lines = new ProgressLines(err.style, job.status().counts, this.#startedAt, true, commandOf);
    const stopEvents = job.onEvents((events) => this.#tellFailures(lines, events));
    this.#stops = [stopEvents, onSuspend(() => err.draw([]))];
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#draw();
  }

  say(line: string): void {
    this.#err.write(`${line}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    for (const stop of this.#stops) stop();
    this.#err.draw([]);
  }

  /** As they come; of many the first ones. */
  #tellFailures(lines: ProgressLines, events: readonly JobEvent[]): void {
    const failures = events.filter((event) => event.type === "attempt-ended" && event.status === "failed");
    // The prompt of another command may be there.
    if (failures.length === 0 || !isInForeground()) return;
    for (const line of lines.take(failures, this.#job.status().counts, this.#startedAt, Date.now())) this.say(line);
  }

  #draw(): void {
    if (!isInForeground()) return;
    const { name, counts } = this.#job.status();
    const now = performance.now();
    const rows = (this.#err.stream.rows || USUAL_ROWS) - ROWS_ABOVE;
    const facts = {
      name,
      counts,
      total: this.#total(),
      ratePerSecond: this.#rate.take(endedCount(counts), now),
      elapsedMs: now - this.#startedAt,
      heldBack: heldBackLines(this.#job.live(), name, Date.now()),
      running: this.#job.running(rows).map(({ task, command, args, startedAt }) => ({
        task,
        command: printableLine([command, ...args].join(" ")),
        sinceMs: Date.now() - startedAt,
      })),
    };
    this.#err.draw(screenLines(facts, { columns: this.#err.columns(), rows }, this.#err.style));
  }
}

/** Ctrl-Z: what is drawn goes before the shell writes its prompt. Tasks run on. */
function onSuspend(act: () => void): () => void {
  const suspend = (): void => {
    act();
    process.off("SIGTSTP", suspend);
    process.once("SIGCONT", () => process.on("SIGTSTP", suspend));
    process.kill(process.pid, "SIGTSTP");
  };
  process.on("SIGTSTP", suspend);
  return () => process.off("SIGTSTP", suspend);
}
