/**
 * A slot: room for one attempt at a time, with the lane that runs it and the spool in which its lanes record what happened.
 *
 * Driven by worker.ts. A lane is started when it is first needed, and again when one has died.
 */

import { rmSync } from "node:fs";

import type { Result } from "../domain/outcome.js";
import type { Descriptor, Report } from "../domain/ports.js";
import { Attempt } from "./attempt.js";
import { readEvidence, readLogTail } from "./evidence.js";
import { classify, isNoForkIn, isNoRoom } from "./exit-status.js";
import { Lane } from "./lane.js";
import type { LaneShell } from "./lane.js";
import type { LaneEnvironment } from "./lane-environment.js";
import type { AttemptGroup } from "./members.js";
import { removeLog } from "./preparation.js";
import type { Preparation } from "./preparation.js";
import { startAgo } from "./process-table.js";
import { readLastEntry } from "./spool.js";
import type { Terminator } from "./termination.js";

/** What the slots of a thread share. */
export interface SlotContext {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly shell: LaneShell;
  readonly environment: LaneEnvironment;
  readonly preparation: Preparation;
  readonly terminator: Terminator;
  readonly report: (report: Report) => void;
}

interface Running {
  readonly attempt: Attempt;
  readonly descriptor: Descriptor;
  /** Absolute path of the command. */
  readonly file: string;
  readonly lane: Lane;
}

const COMPLETED: Result = { kind: "exited", exitCode: 0 };

export class Slot {
  readonly #context: SlotContext;
  readonly #spool: string;
  #lane: Lane | null = null;
  #running: Running | null = null;
  #onLaneGone: (() => void) | null = null;

  constructor(context: SlotContext, spool: string) {
    this.#context = context;
    this.#spool = spool;
  }

  /** Starts the lane if there is none. Failing is no harm yet: the first attempt will say so. */
  warm(): void {
    try {
      this.#lane ??= this.#startLane();
    } catch {
      this.#lane = null;
    }
  }

  start(descriptor: Descriptor): void {
    const { key } = descriptor;
    let lane: Lane;
    try {
      lane = this.#lane ??= this.#startLane();
    } catch (error) {
      this.#refuse(key, withoutRunner(error));
      return;
    }
    const prepared = this.#context.preparation.prepare(descriptor, lane.directory);
    if ("kind" in prepared) {
      this.#refuse(key, prepared);
      return;
    }
    const startedAt = performance.now();
    const findGroup = (): AttemptGroup => ({
      identity: { directory: this.#context.directory, job: descriptor.job, task: descriptor.task, attempt: descriptor.attempt },
      lane: lane.pid,
      isLaneAlive: this.#lane === lane,
      hasBegun: () => readLastEntry(this.#spool, key).hasBegun,
      earliestStart: startAgo(performance.now() - startedAt),
    });
    const attempt = new Attempt(key, findGroup, this.#context.terminator, (report) => {
      this.#running = null;
      this.#context.report(report);
    });
    this.#running = { attempt, descriptor, file: prepared.file, lane };
    lane.directory = prepared.directory;
    lane.run(prepared.line);
  }

  stop(key: number, graceMs: number): void {
    if (this.#running?.attempt.key === key) this.#running.attempt.stop(graceMs);
  }

  /** Ends the lane and removes the spool, unless it is to be kept; resolves when the lane is gone. */
  async close(keepsSpool: boolean): Promise<void> {
    const lane = this.#lane;
    if (lane !== null) {
      await new Promise<void>((resolve) => {
        this.#onLaneGone = resolve;
        lane.end();
      });
    }
    if (!keepsSpool) rmSync(this.#spool, { force: true });
  }

  #startLane(): Lane {
    const { shell, environment } = this.#context;
    const lane: Lane = new Lane(shell, environment.lane, this.#spool, {
      onAnswer: (key, exitStatus) => this.#onAnswer(key, exitStatus),
      onExit: () => this.#onExit(lane),
      onStartFailure: (error) => this.#onStartFailure(lane, error),
    });
    return lane;
  }

  #refuse(key: number, result: Result): void {
    this.#context.report({ key, at: Date.now(), result, wasStopped: false });
  }

  #onAnswer(key: number, exitStatus: number): void {
    const running = this.#running;
    // An answer may come after its lane's exit, when the spool has told already.
    if (running === null || running.attempt.key !== key || running.attempt.hasResult) return;
    const at = Date.now();
    running.attempt.settle(exitStatus === 0 ? COMPLETED : this.#classify(running, exitStatus), at);
  }

  #classify({ descriptor, file, lane }: Running, exitStatus: number): Result {
    const { complaint } = readLastEntry(this.#spool, descriptor.key);
    const evidence = readEvidence(descriptor.log, complaint, file, this.#context.shell);
    const result = classify(exitStatus, evidence);
    if (result.kind !== "spawn-failed" && result.kind !== "not-begun") return result;
    // It may have failed to change directory.
    lane.directory = "";
    if (result.kind === "not-begun") removeLog(descriptor.log);
    else if (exitStatus === 127) {
      const problem = this.#context.preparation.explainMissing(descriptor);
      if (problem !== undefined) return { kind: "spawn-failed", message: problem };
    }
    return result;
  }

  #onExit(lane: Lane): void {
    this.#forgetLane(lane);
    const running = this.#running;
    if (running === null || running.lane !== lane) return;
    running.attempt.loseLane();
    if (running.attempt.hasResult) return;
    const { key, log } = running.descriptor;
    const entry = readLastEntry(this.#spool, key);
    const at = Date.now();
    if (entry.exitStatus !== null) {
      this.#onAnswer(key, entry.exitStatus);
    } else if (!entry.hasBegun) {
      running.attempt.settle({ kind: "not-begun", message: "its runner ended before it could start it" }, at);
    } else if (isNoRoom(entry.complaint) || isNoForkIn(readLogTail(log), this.#context.shell)) {
      removeLog(log);
      running.attempt.settle({ kind: "not-begun", message: "its runner could not start a process" }, at);
    } else {
      running.attempt.settleAndEnd({ kind: "lost", message: "its runner died" }, at);
    }
  }

  #onStartFailure(lane: Lane, error: Error): void {
    this.#forgetLane(lane);
    if (this.#running?.lane === lane) this.#running.attempt.settle(withoutRunner(error), Date.now());
  }

  #forgetLane(lane: Lane): void {
    if (this.#lane === lane) this.#lane = null;
    this.#onLaneGone?.();
  }
}

/** Whatever hinders us from making a runner is no fault of the task: it waits. */
function withoutRunner(error: unknown): Result {
  return { kind: "not-begun", message: `no runner could be started: ${(error as Error).message}` };
}
