/**
 * A world around the scheduler in which everything happens by chance: attempts end in every way, time goes by, disks refuse,
 * users cancel and add, engines stop or die between two events and are started again. After each turn all that must hold is
 * worked out anew.
 */

import assert from "node:assert/strict";
import type { Result } from "../../../src/domain/outcome.js";
import type { Descriptor, OrphanedAttempt, Report } from "../../../src/domain/ports.js";
import type { Resources } from "../../../src/domain/resources.js";
import { isFinal } from "../../../src/domain/task.js";
import { Scheduler } from "../../../src/scheduler/scheduler.js";
import { selectRetry } from "../../../src/scheduler/plan/select-retry.js";
import { Chance } from "./chance.js";
import { describe, FakeClock, FakeQueueRunner, FakeRunner, NO_DEVICES, SUCCESS } from "./fakes.js";
import type { Entry } from "./model.js";
import { SimulatedJob } from "./simulated-job.js";

/** More than can run at once, the smallest demand being a quarter of a cpu. */
const MOST_SLOTS = 40;
const SMALL = 1e-9;
const MAX_TURNS_TO_END = 2_000;
/** Starts may be held back that long after the machine had no room. */
function rethrow(error: unknown): never {
  throw error;
}

const LONGEST_DOUBT_MS = 250;
const LONGEST_BACK_OFF_MS = 5_000;

/** Thrown by a recorder: the engine dies here. */
class Death extends Error {}

export class Simulation {
  readonly #chance: Chance;
  readonly #clock = new FakeClock();
  readonly #pools: Resources;
  readonly #jobs: SimulatedJob[] = [];
  /** Attempts that really began, by claim and key: they can be adopted. */
  readonly #begun = new Set<string>();
  #runner!: FakeRunner;
  /** Whether all slots of a runner have one queue. */
  readonly #hasQueue: boolean;
  #scheduler!: Scheduler;
  #engines = 0;
  #eventsToDeath = Infinity;
  #isClosing = false;
  #noRoomAt = -Infinity;
  /** When attempts were reported that a signal had ended: whether that is a shutdown is waited for. */
  readonly #killed = new Map<string, number>();
  /** What happened, to see that the simulation reaches what it is there for. */
  readonly seen = {
    deaths: 0,
    stops: 0,
    adopted: 0,
    cancelled: 0,
    added: 0,
    retried: 0,
    ended: 0,
    queued: 0,
    odd: 0,
    inDoubt: 0,
  };

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#hasQueue = seed % 2 === 0;
    this.#pools = { cpu: 1 + this.#chance.below(5), memory: 4_000, licence: 2 };
    this.#startEngine();
  }

  /** Lets so many things happen, then no more misfortune, until every job has ended. */
  run(turns: number): void {
    for (let turn = 0; turn < turns; turn++) {
      this.#do(() => this.#happen());
    }
    this.#eventsToDeath = Infinity;
    for (const job of this.#jobs) {
      job.refusals = 0;
      job.ready = true;
    }
    for (let turn = 0; this.#jobs.some(({ model }) => model.ended === null); turn++) {
      assert.ok(turn < MAX_TURNS_TO_END, "every job reaches its end");
      this.#do(() => this.#goOn());
    }
    this.seen.ended = this.#jobs.length;
  }

  #do(action: () => void): void {
    try {
      action();
      if (this.#isClosing && this.#runner.running.size === 0) {
        this.#check();
        this.#startEngine();
      }
      // What the engine is told of that may be its death, too.
      if (this.#runner instanceof FakeQueueRunner) this.#runner.beginNext();
    } catch (error) {
      if (!(error instanceof Death)) {
        throw error;
      }
      this.seen.deaths += 1;
      this.#clock.time += this.#chance.below(300);
      this.#do(() => this.#startEngine());
    }
    this.#check();
  }

  #happen(): void {
    const chance = this.#chance;
    const open = this.#jobs.filter((job) => job.handle?.isOver === false);
    const luck = chance.number();
    if (luck < 0.5) {
      this.#report(chance.some([...this.#runner.running.values()], 0.5));
    } else if (luck < 0.7) {
      this.#pass(chance.happens(0.5) ? (this.#scheduler.nextWakeup ?? this.#clock.time) - this.#clock.time : chance.below(100));
    } else if (luck < 0.76 && this.#jobs.length < 4 && !this.#isClosing) {
      const job = new SimulatedJob(`job-${this.#jobs.length}`, chance, this.#pools, () => this.#countDown());
      this.#jobs.push(job);
      this.#takeUp(job);
    } else if (luck < 0.82 && open.length > 0) {
      const job = chance.pick(open);
      job.ready = !job.ready;
      this.#scheduler.resume();
    } else if (luck < 0.88 && open.length > 0) {
      const job = chance.pick(open);
      this.seen.added += 1;
      job.handle!.add(job.newTasks(1 + chance.below(4)));
    } else if (luck < 0.91 && open.length > 0) {
      const job = chance.pick(open);
      this.seen.cancelled += 1;
      job.handle!.cancel(chance.happens(0.1) ? undefined : chance.some([...job.model.entries.keys()], 0.1));
    } else if (luck < 0.93 && open.length > 0) {
      this.#retry(chance.pick(open));
    } else if (luck < 0.96) {
      this.#eventsToDeath = chance.below(8);
    } else if (luck < 0.97) {
      this.seen.stops += 1;
      this.#isClosing = true;
      if (chance.happens(0.5)) {
        this.#scheduler.drain();
      } else {
        this.#scheduler.stop(chance.pick([0, 100]));
      }
    }
  }

  #retry({ model, handle }: SimulatedJob): void {
    const loaded = model.load();
    const wish = this.#chance.happens(0.3) ? { from: this.#chance.pick(loaded.tasks).id } : {};
    const isBehindRunning = (id: string): boolean =>
      model.entry(id).inFlight !== null ||
      loaded.tasks.some((task) => task.dependencies.includes(id) && isBehindRunning(task.id));
    if (model.isCancelling || (wish.from !== undefined && isBehindRunning(wish.from))) {
      return;
    }
    const tasks = selectRetry(loaded, wish);
    const chosen = wish.from === undefined ? this.#chance.some(tasks, 0.5) : tasks;
    if (chosen.length > 0) {
      this.seen.retried += 1;
      handle!.reset(chosen, []);
    }
  }

  #goOn(): void {
    if (this.#runner.running.size > 0) {
      this.#report([...this.#runner.running.values()]);
      return;
    }
    const wakeup = this.#scheduler.nextWakeup;
    this.#pass(wakeup === null ? 0 : Math.max(0, wakeup - this.#clock.time));
  }

  #pass(ms: number): void {
    this.#clock.time += Math.max(0, ms);
    this.#scheduler.tick();
  }

  #report(attempts: readonly (Descriptor | OrphanedAttempt)[]): void {
    this.#tellBegun();
    const reports: Report[] = attempts.map((attempt) => {
      const result = this.#resultOf(attempt);
      const isHandedBack = result.kind === "not-begun" && !("claimKey" in attempt) && this.#isQueued(attempt);
      if (result.kind === "not-begun" && !isHandedBack) {
        this.#noRoomAt = this.#clock.time;
      }
      const isStopped = this.#runner.stops.some(({ key }) => key === attempt.key);
      // A failure beside a kill may be an answer to the same signal.
      const hasFailed = result.kind !== "exited" || result.exitCode !== 0;
      if (hasFailed) this.#killed.set(`${attempt.job}/${attempt.task}`, this.#clock.time);
      const wasStopped = isStopped && this.#chance.happens(0.7);
      const at = this.#clock.now();
      const begunAt = at - (this.#chance.happens(0.9) ? 1 : 1_000);
      return { key: attempt.key, at, begunAt, result, wasStopped, ...(isHandedBack ? { isHandedBack } : {}) };
    });
    if (reports.length > 0) {
      this.#runner.report(reports);
    }
  }

  #isQueued({ job, task }: Descriptor | OrphanedAttempt): boolean {
    return this.#jobOf(job).model.entry(task).inFlight?.isQueued === true;
  }

  #resultOf(attempt: Descriptor | OrphanedAttempt): Result {
    if ("claimKey" in attempt && !this.#begun.has(`${attempt.claim}/${attempt.claimKey}`)) {
      return { kind: "not-begun", message: "the engine died before" };
    }
    if (this.#hasQueue && !("claimKey" in attempt) && this.#isQueued(attempt))
      return { kind: "not-begun", message: "it was taken back" };
    const luck = this.#chance.number();
    if (luck < 0.15) {
      return { kind: "exited", exitCode: this.#chance.pick([1, 3]) };
    } else if (luck < 0.22) {
      return { kind: "signaled", signal: this.#chance.pick(["SIGKILL", "SIGTERM"]) };
    } else if (luck < 0.25) {
      return { kind: "spawn-failed", message: "command not found" };
    } else if (luck < 0.3 && !("claimKey" in attempt)) {
      return { kind: "not-begun", message: "no process to be had" };
    } else if (luck < 0.38) {
      return { kind: "lost", message: "its runner is gone" };
    }
    return SUCCESS;
  }

  #countDown(): void {
    if (this.#eventsToDeath-- <= 0) {
      throw new Death();
    }
  }

  /** A first engine, or the next one after the last has stopped or died. */
  #startEngine(): void {
    this.#eventsToDeath = Infinity;
    this.#isClosing = false;
    this.#noRoomAt = -Infinity;
    this.#killed.clear();
    const claim = `claim-${++this.#engines}`;
    this.#runner = this.#hasQueue
      ? new FakeQueueRunner(this.#pools["cpu"]!, claim, MOST_SLOTS)
      : new FakeRunner(MOST_SLOTS, claim);
    this.#runner.onStart = () => this.#checkStart();
    this.#runner.onStop = ({ job, task }) =>
      assert.notEqual(this.#jobOf(job).model.entry(task).inFlight?.stopping, null, "a stop is on record before it is sent");
    const { number: random } = this.#chance;
    this.#scheduler = new Scheduler({
      runner: this.#runner,
      clock: this.#clock,
      pools: this.#pools,
      devices: NO_DEVICES,
      random,
      graceMs: 100,
    });
    for (const job of this.#jobs) {
      job.handle = null;
      // What the last engine had on record and did not live to tell is not told again.
      job.heard = job.recorded;
    }
    for (const job of this.#jobs.filter(({ model }) => model.ended === null)) {
      this.seen.adopted += job.model.inFlight.length;
      this.#takeUp(job);
    }
  }

  #takeUp(job: SimulatedJob): void {
    job.handle = this.#scheduler.addJob(job.model.load(), {
      recorder: job,
      describe: describe(job.name),
      listener: { onEvents: (events) => (job.heard += events.length), onOver: () => {}, onBroken: rethrow },
    });
  }

  #jobOf(name: string): SimulatedJob {
    return this.#jobs.find((job) => job.name === name)!;
  }

  #inFlight(): { key: number; claim: string }[] {
    return this.#jobs.flatMap(({ model }) => model.inFlight.map(({ inFlight }) => inFlight!));
  }

  #checkStart(): void {
    assert.ok(!this.#isClosing, "nothing starts while the engine stops");
    // Until all that an earlier engine had in flight is adopted, and has ended, there may be more than fits.
    const isAllKnown = this.#runner.running.size === this.#inFlight().length;
    const isOnItsOwn = isAllKnown && !this.#jobs.some((job) => this.#hasAdopted(job));
    for (const [pool, size] of Object.entries(this.#pools)) {
      assert.ok(this.#taken(pool) <= size + SMALL || !isOnItsOwn, `no more of ${pool} is taken than there is`);
    }
    for (const job of this.#jobs) {
      assert.ok(job.model.isWithinLimits || this.#hasAdopted(job), "the job's own limits hold");
    }
    for (const attempt of this.#runner.running.values()) {
      const { inFlight } = this.#jobOf(attempt.job).model.entry(attempt.task);
      assert.equal(inFlight?.attempt, attempt.attempt, "a start is on record before it happens");
      if (inFlight.takes["cpu"] !== 1) this.seen.odd += 1;
      if (!inFlight.isQueued || this.#chance.happens(0.5)) {
        this.#begun.add(`${inFlight.claim}/${inFlight.key}`);
      }
    }
  }

  /** Of a pool, by what is on record of all that runs. */
  #taken(pool: string): number {
    return this.#jobs.reduce((sum, { model }) => sum + model.taken(pool), 0);
  }

  #fits({ model }: SimulatedJob, { task }: Entry): boolean {
    const isRoom = Object.entries(this.#pools).every(
      ([pool, size]) => this.#taken(pool) + (task.resources[pool] ?? 0) <= size + SMALL,
    );
    return isRoom && model.hasRoomFor(task);
  }

  /** How many are on their way back, or were left behind by an engine: until that is known they may have begun, and count. */
  get #inDoubt(): number {
    const returning = this.#runner instanceof FakeQueueRunner ? this.#runner.returning.length : 0;
    return returning + this.#leftWaiting.length;
  }

  /** What an earlier engine had handed over, of which it is not on record that it began. */
  get #leftWaiting(): OrphanedAttempt[] {
    return [...this.#runner.running.values()].flatMap((attempt) =>
      "claimKey" in attempt && this.#isQueued(attempt) ? [attempt] : [],
    );
  }

  #tellBegun(): void {
    const begun = this.#leftWaiting.filter(({ claim, claimKey }) => this.#begun.has(`${claim}/${claimKey}`));
    const told = begun.filter(() => this.#chance.happens(0.5));
    this.#runner.tellBegun(told.map(({ key }) => ({ key, at: this.#clock.now() })));
  }

  #hasAdopted(job: SimulatedJob): boolean {
    return [...this.#runner.running.values()].some((attempt) => attempt.job === job.name && "claimKey" in attempt);
  }

  #check(): void {
    const running = new Set(Array.from(this.#runner.running.values(), ({ job, task }) => `${job}/${task}`));
    const open = this.#jobs.flatMap(({ name, model }) =>
      model.inFlight.map(({ task }) => `${name}/${task.id}`).filter((attempt) => !running.has(attempt)),
    );
    assert.equal(running.size + open.length, this.#inFlight().length, "what runs is on record");
    for (const attempt of open) {
      const killedAt = this.#killed.get(attempt) ?? -Infinity;
      assert.ok(this.#clock.time - killedAt <= LONGEST_DOUBT_MS, "and nothing else, but what was killed just now");
    }
    this.seen.inDoubt += open.length;
    const begun = this.#jobs.reduce((sum, { model }) => sum + model.running.length, 0);
    const mayHaveBegun = this.#inDoubt;
    const counted = this.#scheduler.inFlightCount;
    assert.ok(counted >= begun && counted <= begun + mayHaveBegun, `${counted} count as running, ${begun} run`);
    this.seen.queued += this.#inFlight().length - begun;
    for (const job of this.#jobs) {
      this.#checkJob(job);
    }
  }

  #checkJob(job: SimulatedJob): void {
    const { model, handle } = job;
    assert.equal(job.heard, job.recorded, "the listener heard all that is on record");
    const entries = [...model.entries.values()];
    const count = (status: string): number => entries.filter(({ record }) => record.status === status).length;
    const haveAllEnded = entries.every(({ record }) => isFinal(record.status));
    assert.equal(model.ended !== null, haveAllEnded, "a job ends when its last task has");
    if (handle === null) {
      return;
    }
    const { total, ...counts } = handle.counts;
    assert.equal(total, entries.length);
    for (const [status, number] of Object.entries(counts)) {
      assert.equal(number, count(status), `the number of ${status} tasks`);
    }
    const pending = entries.filter(({ record }) => record.status === "pending");
    for (const entry of pending) {
      assert.ok(!model.isBarred && !model.cantRun(entry), `${entry.task.id} waits for something`);
    }
    const isHeldBack =
      this.#isClosing ||
      !job.ready ||
      job.hasRefused ||
      this.#inDoubt > 0 ||
      this.#clock.time - this.#noRoomAt <= LONGEST_BACK_OFF_MS;
    if (isHeldBack || handle.isOver || this.#runner.freeSlots === 0) return;
    if (this.#runner instanceof FakeQueueRunner && this.#scheduler.inFlightCount >= this.#runner.queue.width) return;
    const ready = model.ready(this.#clock.now());
    const fitting = ready.filter((entry) => this.#fits(job, entry));
    // For one that does not fit room may be kept.
    const mayBeKept = this.#jobs.some((each) => each.model.ready(this.#clock.now()).some((entry) => !this.#fits(each, entry)));
    assert.ok(fitting.length === 0 || mayBeKept, "what is ready and has room runs");
  }
}
