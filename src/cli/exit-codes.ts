/** What the exit code says. Scripts rely on these: see docs/cli.md. */

import type { AirErrorCode, JobSummary } from "../index.js";

export const exitCode = { completed: 0, failed: 1, invalid: 2, environment: 3, crash: 70 } as const;

export type StopSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

const signalNumbers: Readonly<Record<StopSignal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** As a shell reports a program that a signal ended. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + signalNumbers[signal];
}

/** A signal only counts if it kept the job from its end. */
export function exitCodeOfSummary(summary: JobSummary, signal: StopSignal | null): number {
  if (summary.isInterrupted) return signal === null ? exitCode.environment : exitCodeOfSignal(signal);
  return summary.state === "completed" ? exitCode.completed : exitCode.failed;
}

export function exitCodeOfError(code: AirErrorCode): number {
  switch (code) {
    case "AIR_USAGE":
    case "AIR_INVALID_JOB":
    case "AIR_NOT_FOUND":
    case "AIR_CONFLICT":
      return exitCode.invalid;
    case "AIR_LOCKED":
    case "AIR_DISK":
    case "AIR_UNSAFE_PATH":
    case "AIR_DAMAGED":
    case "AIR_SYSTEM":
    case "AIR_CLOSED":
      return exitCode.environment;
  }
}
