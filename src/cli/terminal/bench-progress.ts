/** Shows how a bench goes: one line that is written over on a terminal, a line a run elsewhere. Only watches. */

import type { BenchProgress } from "../../index.js";
import { duration } from "../../analysis/figure-text.js";
import { formatDuration } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import type { Sink } from "./terminal.js";

export interface BenchView {
  take(progress: BenchProgress): void;
  /** Writes a line of its own. */
  say(line: string): void;
  /** Leaves the line clean. */
  end(): void;
}

const clearLine = "\r\u001b[K";

export function showBench(err: Sink, env: NodeJS.ProcessEnv): BenchView {
  const isLive = err.isTerminal && env["TERM"] !== "dumb";
  let line = "";
  const draw = (text: string): void => {
    line = text.slice(0, Math.max(1, err.columns() - 1));
    err.write(`${clearLine}${line}`);
  };
  return {
    take: (progress) => {
      if (isLive) draw(liveText(progress));
      else if (progress.ended !== null) err.write(`${endedText(progress)}\n`);
    },
    say: (text) => {
      err.write(isLive ? `${clearLine}${text}\n${line}` : `${text}\n`);
    },
    end: () => {
      if (isLive && line !== "") err.write(clearLine);
      line = "";
    },
  };
}

function liveText({ begins, ended, made, left, elapsedMs }: BenchProgress): string {
  const number = `run ${made + (begins === null ? 0 : 1)}${left === null ? "" : ` of ${made + left + (begins === null ? 0 : 1)}`}`;
  const eta = left === null || made === 0 ? "" : `, about ${formatDuration((elapsedMs / made) * (left + 1))} left`;
  const what = begins ?? ended?.label ?? "";
  return `${number}  ${printableLine(what)}${eta}`;
}

function endedText({ ended, made, left }: BenchProgress): string {
  const { run, label } = ended!;
  const word = run.figures === null ? `failed: ${printableLine(run.error ?? "")}` : duration(run.figures.wall_ms);
  const number = left === null ? `${made}` : `${made}/${made + left}`;
  return `${number}  ${printableLine(label)}${run.warmup ? " (warm-up)" : ""}: ${word}`;
}
