/** Shows how a running job goes: a bar on a terminal, plain lines elsewhere. Only watches; the job doesn't wait for it. */

import type { SingleBar as CliProgressBar } from "cli-progress";
import type { Job } from "../index.js";
import { endedCount } from "./render/counts-text.js";
import { barText } from "./render/progress-bar.js";
import { ProgressLines } from "./render/progress-lines.js";
import type { Sink } from "./terminal.js";

export interface Progress {
  /** Writes a line of its own, so that the bar doesn't swallow it. */
  say(line: string): void;
  /** Draws no more and leaves the line clean. */
  end(): void;
}

const redrawMs = 100;

export interface ProgressOptions {
  /** True for a batch: what its tasks print is shown, so that only failures have lines of their own. Default: false. */
  readonly isBatch?: boolean;
}

export async function showProgress(job: Job, err: Sink, { isBatch = false }: ProgressOptions = {}): Promise<Progress> {
  return err.isTerminal ? drawBar(job, err) : printLines(job, err, isBatch);
}

function printLines(job: Job, err: Sink, isBatch: boolean): Progress {
  const lines = new ProgressLines(err.style, job.status().counts, performance.now(), isBatch);
  const stop = job.onEvents((events) => {
    for (const line of lines.take(events, job.status().counts, performance.now())) err.write(`${line}\n`);
  });
  return { say: (line) => err.write(`${line}\n`), end: stop };
}

async function drawBar(job: Job, err: Sink): Promise<Progress> {
  const { SingleBar } = await import("cli-progress");
  const startedAt = performance.now();
  const endedBefore = endedCount(job.status().counts);
  const bar: CliProgressBar = new SingleBar({
    stream: err.stream,
    format: (_options, params) => {
      const { counts } = job.status();
      const ended = endedCount(counts) - endedBefore;
      const ratePerSecond = (ended * 1000) / (performance.now() - startedAt);
      const leftMs = ended > 0 && Number.isFinite(params.eta) ? params.eta * 1000 : null;
      return barText({ name: job.name, counts, ratePerSecond, leftMs }, err.columns(), err.style);
    },
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is ours, see signals.ts.
    gracefulExit: false,
    fps: 1000 / redrawMs,
    // The ETA looks back as far as a few seconds.
    etaBuffer: 50,
  });
  const start = (): void => {
    const { counts } = job.status();
    bar.start(counts.total, endedCount(counts));
  };
  start();
  const timer = setInterval(() => {
    const { counts } = job.status();
    bar.setTotal(counts.total);
    bar.update(endedCount(counts));
  }, redrawMs);
  return {
    say: (line) => {
      bar.stop();
      err.write(`${line}\n`);
      start();
    },
    end: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}
