/**
 * Ctrl-C, TERM and HUP: the first one stops gracefully, the next one at once. For verbs that run tasks; others leave a signal
 * its usual effect.
 */

import { inherited } from "../system/process/inherited.js";
import type { StopSignal } from "./exit-codes.js";

export interface SignalWatch {
  /** The first signal that came, if one did. */
  received(): StopSignal | null;
  /** All is done, and told: from now on a signal ends us with the exit code that says so, and not with its own, which says that something is left to do. */
  end(): void;
}

/** @param onSignal is told how often a signal came so far: 1 for the first. */
export function watchSignals(onSignal: (signal: StopSignal, count: number) => void): SignalWatch {
  const signals: readonly StopSignal[] = ["SIGHUP", "SIGINT", "SIGTERM"];
  let first: StopSignal | null = null;
  let count = 0;
  const handler = (signal: NodeJS.Signals): void => {
    const stop = signal as StopSignal;
    first ??= stop;
    count += 1;
    onSignal(stop, count);
  };
  // What was ignored when we were started stays so: `nohup` wants a closed terminal to end nothing.
  const { ignoredSignals } = inherited();
  const heeded = signals.filter((signal) => !ignoredSignals.includes(signal));
  for (const signal of heeded) process.on(signal, handler);
  return {
    received: () => first,
    end: () => {
      for (const signal of heeded) process.on(signal, () => process.exit()).off(signal, handler);
      // Where Node is left to end by itself it gives signals their usual effect back some milliseconds before it is gone.
      process.once("beforeExit", () => process.exit());
    },
  };
}
