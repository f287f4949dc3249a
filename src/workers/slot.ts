/**
 * A slot: room for one attempt at a time, or for a batch of short ones, with the lane that runs them and the spool in which its lanes
 * record what happened.
 *
 * Driven by worker.ts. A lane is started when it is first needed, and again when one has died.
 */

import type { Result } from "../domain/outcome.js";
import type { Descriptor } from "../domain/ports.js";
import { Attempt } from "./attempt.js";
import { readLogTail } from "./evidence.js";
import { isNoForkIn, isNoRoom, withoutRunner } from "./exit-status.js";
import { judgeExit } from "./judge-exit.js";
import { Lane } from "./lane.js";
import { LaneBatch } from "./lane-batch.js";
import { BATCH_IS_OVER, batchText, NOT_RECORDED, singleText } from "./lane-script.js";
import type { LaneLine } from "./lane-script.js";
import { yes } from "../system/look.js";
import { ageOfLog, putLogBack, removeLog } from "./preparation.js";
import { startAgo } from "../system/process-table.js";
import type { SlotContext } from "./slot-context.js";
import { readLastEntry, removeSpool, type SpoolEntry, type SpoolReader } from "./spool.js";

interface Running {
  readonly attempt: Attempt;
  readonly descriptor: Descriptor;
  /** Absolute path of the command. */
  readonly file: string;
  readonly lane: Lane;
}

export class Slot {
  readonly #context: SlotContext;
  readonly #spool: string;
  #lane: Lane | null = null;
  /** What the lane was given and was not reported, by key, in order. */
  readonly #running = new Map<number, Running>();
  #batch: LaneBatch | null = null;
  /** Ends in the batch that the spool did not take. */
  readonly #untold = new Map<Running, number>();
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

  /** Runs attempts, one after another. */
  start(descriptors: readonly Descriptor[]): void {
    let lane: Lane;
    try {
      lane = this.#lane ??= this.#startLane();
    } catch (error) {
      for (const { key } of descriptors) this.#refuse(key, withoutRunner(error, this.#spool));
      return;
    }
    const lines: LaneLine[] = [];
    const { directory } = lane;
    let isHere = true;
    for (const descriptor of descriptors) {
      // Whether a lane that has changed directory got there it has not said yet: so it goes there again.
      isHere &&= lane.directory === directory;
      const prepared = this.#context.preparation.prepare(descriptor, isHere ? directory : "");
      if ("kind" in prepared) {
        this.#refuse(descriptor.key, prepared);
        continue;
      }
      lane.directory = prepared.directory;
      lines.push({ key: descriptor.key, command: prepared.line });
      const attempt = this.#attempt(descriptor, lane, this.#running.size > 0);
      this.#running.set(descriptor.key, { attempt, descriptor, file: prepared.file, lane });
    }
    if (lines.length === 1) lane.run(singleText(lines[0]!));
    else if (lines.length > 1) this.#runBatch(lane, lines);
  }

  stop(key: number, graceMs: number): void {
    this.#recall();
    this.#running.get(key)?.attempt.stop(graceMs);
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
    if (!keepsSpool) removeSpool(this.#spool);
  }

  #startLane(): Lane {
    const { shell, environment } = this.#context;
    const lane: Lane = new Lane(shell, environment.lane, this.#spool, {
      onAnswer: (key, answer) => this.#onAnswer(lane, key, answer),
      onExit: () => this.#onExit(lane),
      onStartFailure: (error) => this.#onStartFailure(lane, error),
    });
    return lane;
  }

  #attempt(descriptor: Descriptor, lane: Lane, isBehind: boolean): Attempt {
    const { key, job, task, attempt: number, log } = descriptor;
    const handedAt = performance.now();
    const findGroup = () => {
      const age = performance.now() - handedAt;
      return yes({
        identity: { directory: this.#context.directory, job, task, attempt: number },
        lane: lane.pid,
        isLaneAlive: this.#lane === lane,
        hasBegun: () => readLastEntry(this.#spool, key).hasBegun,
        // Its log was made when it began.
        earliestStart: startAgo(isBehind ? Math.min(age, ageOfLog(log)) : age),
      });
    };
    return new Attempt(key, findGroup, this.#context.terminator, (report) => {
      this.#running.delete(key);
      if (report.result.kind === "not-begun") putLogBack(descriptor);
      this.#context.report(report);
    });
  }

  #runBatch(lane: Lane, lines: readonly LaneLine[]): void {
    try {
      this.#batch = new LaneBatch(this.#spool, () => this.#recall());
    } catch {
      // No handle left: one by one it goes without.
      lane.directory = "";
      for (const { attempt } of [...this.#running.values()].slice(1)) attempt.handBack(Date.now());
    }
    lane.run(this.#batch === null ? singleText(lines[0]!) : batchText(lines));
  }

  /** Hands back what the lane has not begun of its batch. */
  #recall(): void {
    if (this.#batch?.recall() !== true) return;
    const ended = this.#batch.read(this.#running.keys());
    const unended = [...this.#running.values()].filter(({ attempt }) => ended.entry(attempt.key).exitStatus === null);
    // It is through, but has not said so: until then the slot must not be free.
    if (unended.length === 0) return;
    this.#settleEnded(ended);
    // The first of the others runs, or is about to: when the lane is through with it, it says so.
    for (const { attempt } of unended.slice(1)) attempt.handBack(Date.now());
  }

  #endBatch(): void {
    if (this.#batch === null) return;
    this.#settleEnded(this.#batch.read(this.#running.keys()));
    for (const [running, answer] of this.#untold) this.#settle(running, answer, Date.now());
    this.#untold.clear();
    this.#batch.end();
    this.#batch = null;
  }

  #settleEnded(recorded: SpoolReader): void {
    const at = Date.now();
    for (const running of this.#running.values()) {
      const entry = recorded.entry(running.attempt.key);
      if (entry.exitStatus !== null) this.#settle(running, entry.exitStatus, at, entry);
    }
  }

  /** @param entry what the spool says of it, if that was read. */
  #settle({ attempt, descriptor, file, lane }: Running, exitStatus: number, at: number, entry?: SpoolEntry): void {
    if (attempt.hasResult) return;
    const readEntry = (): SpoolEntry => entry ?? readLastEntry(this.#spool, attempt.key);
    const result = judgeExit(descriptor, file, exitStatus, readEntry, this.#context);
    // It may not have changed directory.
    if (result.kind === "spawn-failed" || result.kind === "not-begun") lane.directory = "";
    attempt.settle(result, at);
  }

  #refuse(key: number, result: Result): void {
    this.#context.report({ key, at: Date.now(), result, wasStopped: false });
  }

  #onAnswer(lane: Lane, key: number, answer: number): void {
    const at = Date.now();
    if (answer === BATCH_IS_OVER) {
      const isRecalled = this.#batch?.isRecalled ?? false;
      this.#endBatch();
      // What it did not run may belong elsewhere.
      if (isRecalled) lane.directory = "";
      // What has no end by now did not begin.
      for (const running of this.#running.values())
        if (isRecalled) running.attempt.handBack(at);
        else this.#settle(running, NOT_RECORDED, at);
      return;
    }
    // An answer may come after its lane's exit, when the spool has told already.
    const running = this.#running.get(key);
    if (running === undefined) return;
    // Until the lane is through with its batch the slot must not be free.
    if (this.#batch === null) this.#settle(running, answer, at);
    else this.#untold.set(running, answer);
  }

  #onExit(lane: Lane): void {
    this.#forgetLane(lane);
    this.#endBatch();
    const running = [...this.#running.values()].filter((each) => each.lane === lane);
    running.forEach((each, place) => this.#loseLane(each, place > 0));
  }

  #loseLane(running: Running, isBehind: boolean): void {
    const { attempt, descriptor } = running;
    attempt.loseLane();
    if (attempt.hasResult) return;
    const entry = readLastEntry(this.#spool, attempt.key);
    const at = Date.now();
    if (entry.exitStatus !== null) {
      this.#settle(running, entry.exitStatus, at);
    } else if (!entry.hasBegun) {
      if (isBehind) attempt.handBack(at);
      else attempt.settle({ kind: "not-begun", message: "its runner ended before it could start it" }, at);
    } else if (isNoRoom(entry.complaint) || isNoForkIn(readLogTail(descriptor.log), this.#context.shell)) {
      removeLog(descriptor.log);
      attempt.settle({ kind: "not-begun", message: "its runner could not start a process" }, at);
    } else {
      attempt.settleAndEnd({ kind: "lost", message: "its runner died" }, at);
    }
  }

  #onStartFailure(lane: Lane, error: Error): void {
    this.#forgetLane(lane);
    this.#endBatch();
    for (const each of this.#running.values())
      if (each.lane === lane) each.attempt.settle(withoutRunner(error, this.#spool), Date.now());
  }

  #forgetLane(lane: Lane): void {
    if (this.#lane === lane) this.#lane = null;
    this.#onLaneGone?.();
  }
}
