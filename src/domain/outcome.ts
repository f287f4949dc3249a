/** How an attempt ended. The runner reports a `Result`; the scheduler, which knows why it was stopped, makes it an `Outcome`. */

/** Why we ended an attempt before its time. The first reason wins, also over the exit code. */
export type StopReason =
  /** It ran longer than its `timeout`. */
  | "timeout"
  /** The user cancelled the task or its job. */
  | "cancel"
  /** The engine stops (Ctrl-C, TERM, `stop`): the task stays pending. */
  | "interrupt";

/** It ran, and this is what its main process left. */
export type EndedByItself = (
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "signaled"; readonly signal: string }
) & {
  /** The kernel killed a process for want of memory while it ran: probably this one, or the one whose end it tells. */
  readonly isOutOfMemory?: true;
};

/** What the runner saw. */
export type Result =
  | EndedByItself
  /** It can't be started, and trying again won't help: command not found, not executable, missing directory. */
  | { readonly kind: "spawn-failed"; readonly message: string }
  /**
   * It was not started, through no fault of its own (no process, handle or memory to be had, or we died before). With a hindrance `log`
   * the job's directory of logs takes no file, which concerns this job alone.
   */
  | { readonly kind: "not-begun"; readonly message: string; readonly hindrance?: "log" }
  /** It began; no result, no runner and no process of it are left. */
  | {
      readonly kind: "lost";
      readonly message: string;
      /** How many more were lost with it when their runner died, one of which may have ended it; absent for none. */
      readonly others?: number;
    };

/** A result together with the reason for which we stopped the attempt, if we did. */
export type Outcome = Result & { readonly stopped?: StopReason };

/** What an attempt took, with all the processes of it that were waited for. */
export interface Usage {
  readonly userMs: number;
  readonly systemMs: number;
  /** Of its largest process. */
  readonly maxRssKb: number;
}
