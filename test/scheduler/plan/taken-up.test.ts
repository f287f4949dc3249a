/** Whoever takes a job up goes on as the engine before would have: what its plan knows comes back from the journal, whenever that one dies. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../../src/domain/events.js";
import type { RecordedAttempt } from "../../../src/domain/job.js";
import type { Outcome } from "../../../src/domain/outcome.js";
import type { TaskSpec } from "../../../src/domain/task.js";
import { MapPlan, type JobPlan } from "../../../src/scheduler/plan/map-plan.js";
import { Plan } from "../../../src/scheduler/plan/plan.js";
import { History } from "../../../src/store/history/history.js";
import { compacted } from "../../../src/store/history/compaction.js";
import { decodeLine, encodeEvent } from "../../../src/store/journal/journal-format.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { fc } from "../../support/properties.js";
import { Chance } from "../support/chance.js";
import { settings, task } from "../support/jobs.js";

const AT = Date.UTC(2026, 0, 31, 12);
const OUTCOMES: readonly Outcome[] = [
  { kind: "exited", exitCode: 0 },
  { kind: "exited", exitCode: 0 },
  { kind: "exited", exitCode: 3 },
  { kind: "signaled", signal: "SIGSEGV" },
  { kind: "spawn-failed", message: "command not found" },
  { kind: "not-begun", message: "no room" },
  { kind: "lost", message: "its runner died" },
  { kind: "lost", message: "its runner died" },
  { kind: "lost", message: "its runner died" },
  { kind: "lost", message: "its runner died", others: 2 },
];

function randomTask(chance: Chance, id: string, dependencies: readonly string[]): TaskSpec {
  return task(id, dependencies, {
    retries: chance.below(4),
    retryDelayMs: chance.pick([0, 1_000]),
    retryOn: chance.pick([null, null, [3], ["timeout"]] as const),
    onLost: chance.pick(["rerun", "rerun", "fail"] as const),
    triggerRule: dependencies.length === 0 ? "all_success" : chance.pick(["all_success", "all_done", "any_failed"] as const),
    resources: chance.pick([{ cpu: 1 }, { cpu: 2 }]),
  });
}

/** @param delayed whose delays are not over yet */
function open(picture: Picture, delayed: ReadonlySet<string>): JobPlan {
  const { map, ...job } = picture.load();
  const plan = map === undefined ? new Plan(job, () => 0, AT) : new MapPlan({ ...job, map }, () => 0, AT);
  for (const id of job.retryAt.keys()) if (!delayed.has(id)) plan.endDelay(plan.indexOf(id));
  return plan;
}

/** What was cancelled may have been out of time before. */
function stoppedBy(outcome: Outcome, stopping: RecordedAttempt["stopping"] | undefined, isLate: boolean): Outcome {
  if (stopping === undefined || stopping === null) return outcome;
  return { ...outcome, stopped: isLate && stopping.reason === "cancel" ? "timeout" : stopping.reason };
}

/** A plan and what is on record of it. */
class Trial {
  readonly events: JobEvent[] = [];
  readonly picture = new Picture();
  readonly plan: JobPlan;
  /** Why it is being stopped, and since when; null if it is not. */
  readonly running = new Map<string, RecordedAttempt["stopping"]>();
  readonly delayed = new Set<string>();
  readonly #chance: Chance;
  readonly #isMap: boolean;
  #count = 0;
  /** No two things happen at once. */
  at = AT;

  constructor(chance: Chance, isMap: boolean) {
    this.#chance = chance;
    this.#isMap = isMap;
    const own = settings({ maxFailures: isMap ? null : chance.pick([null, null, 2, 4]) });
    const run = { id: "job-1", createdAt: new Date(AT).toISOString() };
    const owner = isMap ? "map" : "run";
    this.note([{ type: "job-taken", at: AT, name: "job", run, owner, settings: own, extra: {} }]);
    if (!isMap) this.note([{ type: "tasks-added", at: AT, tasks: this.newTasks() }]);
    this.plan = open(this.picture, this.delayed);
    this.record();
  }

  newTasks(): TaskSpec[] {
    return Array.from({ length: 1 + this.#chance.below(3) }, () => {
      const before = this.#isMap ? [] : this.#chance.some([...this.picture.ids.keys()].slice(-5), 0.3);
      return randomTask(this.#chance, `t${(this.#count += 1)}`, before);
    });
  }

  note(events: readonly JobEvent[]): void {
    for (const event of events) this.picture.apply(event);
    this.events.push(...events);
  }

  record(): void {
    this.note(this.plan.takeEvents());
  }

  turn(): void {
    this.at += 1;
    const chance = this.#chance;
    const luck = chance.number();
    if (luck < 0.03 && !this.plan.isCancelling) this.plan.add(this.newTasks(), this.at);
    else if (luck < 0.07) this.#cancel();
    else if (luck < 0.12) this.#reset();
    else if (luck < 0.2) this.#endDelay();
    else if (luck < 0.5) this.#start();
    else if (luck < 0.6) this.#stop();
    else this.#end();
    this.record();
  }

  #start(): void {
    const ready = this.plan.ready.demands.flatMap((_, demand) => this.plan.ready.headOf(demand) ?? []);
    if (ready.length === 0) return;
    const next = this.#chance.pick(ready);
    const { id, resources } = this.plan.taskAt(next);
    this.plan.ready.take(this.plan.ready.demands.findIndex((_, demand) => this.plan.ready.headOf(demand) === next));
    const attempt = this.plan.attemptsOf(next) + 1;
    const waits = this.#chance.pick([{}, {}, { queued: true } as const]);
    const start = { at: this.at, task: id, attempt, claim: "spool-0", key: this.events.length, takes: resources };
    this.note([{ type: "attempt-started", ...start, ...waits }]);
    this.plan.start(next);
    if ("queued" in waits && this.#chance.happens(0.5)) this.plan.begin(next, this.at);
    this.running.set(id, null);
  }

  #stop(): void {
    const [id] = this.#chance.some([...this.running.keys()], 0.5);
    if (id === undefined || this.running.get(id) !== null) return;
    const reason = this.#chance.pick(["timeout", "interrupt"] as const);
    this.running.set(id, { reason, at: this.at });
    this.plan.stop(this.plan.indexOf(id), reason, this.at);
  }

  #end(): void {
    if (this.running.size === 0) return;
    const id = this.#chance.pick([...this.running.keys()]);
    const outcome = stoppedBy(this.#chance.pick(OUTCOMES), this.running.get(id), this.#chance.happens(0.5));
    this.running.delete(id);
    const delayMs = this.plan.end(this.plan.indexOf(id), outcome, this.at, this.at);
    if (delayMs > 0) this.delayed.add(id);
  }

  #endDelay(): void {
    const [id] = this.#chance.some([...this.delayed], 0.5);
    if (id === undefined) return;
    this.delayed.delete(id);
    const number = this.plan.ids.get(id);
    if (number !== undefined) this.plan.endDelay(number);
  }

  #cancel(): void {
    const unended = [...this.running.keys(), ...this.#chance.some([...this.plan.ids.keys()], 0.2)];
    for (const id of new Set(this.#chance.some(unended, 0.5))) {
      const number = this.plan.ids.get(id);
      if (number === undefined || !this.plan.cancelTask(number, this.at)) continue;
      // The first reason stands.
      this.running.set(id, { ...(this.running.get(id) ?? { reason: "cancel", at: this.at }), isCancelled: true });
      this.plan.stop(number, "cancel", this.at);
    }
  }

  #reset(): void {
    if (this.#isMap || this.plan.isCancelling) return;
    const { tasks, records } = this.picture;
    const isEnded = (index: number): boolean => !["pending", "running"].includes(records[index]!.status);
    const some = this.#chance.some(
      tasks.flatMap(({ id }, index) => (isEnded(index) ? [id] : [])),
      0.4,
    );
    if (some.length === 0) return;
    for (const id of some) this.delayed.delete(id);
    this.plan.reset(some, [], this.at);
  }
}

/** All that decides how it goes on, by task. */
function standOf(plan: JobPlan, picture: Picture): unknown {
  const ready = new Set<string>();
  for (const [demand] of plan.ready.demands.entries()) {
    const taken: number[] = [];
    for (let next = plan.ready.take(demand); next !== undefined; next = plan.ready.take(demand)) taken.push(next);
    for (const next of taken.toReversed()) plan.ready.putBack(next);
    for (const next of taken) ready.add(plan.taskAt(next).id);
  }
  const { counts, firstFailure, isCancelling } = plan;
  const tasks = [...plan.ids].map(([id, number]) => {
    const hasEnded = !["pending", "running"].includes(picture.records[picture.ids.get(id)!]!.status);
    const budget = hasEnded ? null : [plan.failuresOf(number), plan.isApart(number)];
    return [id, plan.attemptsOf(number), budget, ready.has(id)] as const;
  });
  return { counts, firstFailure, isCancelling, tasks: tasks.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

/** What the journal gives back. */
function throughJournal(events: readonly JobEvent[]): Picture {
  const picture = new Picture();
  for (const [place, event] of events.entries()) {
    const line = decodeLine(Buffer.from(encodeEvent(place + 1, event)).subarray(0, -1));
    assert.ok(line.kind === "event");
    picture.apply(line.event);
  }
  return picture;
}

/** Ends all that runs in the same way. Gives what is on record of that; which of those that are skipped comes first says nothing. */
function endAll(plan: JobPlan, running: Trial["running"]): JobEvent[] {
  const events: JobEvent[] = [];
  for (const [id, stopped] of [...running].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    plan.end(plan.indexOf(id), stoppedBy({ kind: "lost", message: "gone" }, stopped, true), AT, AT);
    events.push(...plan.takeEvents());
  }
  return events.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

for (const isMap of [false, true]) {
  test(`a ${isMap ? "map" : "job"} that is taken up at any moment stands as it did, and what runs of it means the same for it`, () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 150 }), (seed, turns) => {
        const trial = new Trial(new Chance(seed), isMap);
        for (let turn = 0; turn < turns; turn++) trial.turn();
        const picture = throughJournal(trial.events);
        assert.deepEqual(new Map(picture.load().inFlight.map((each) => [each.task, each.stopping])), trial.running);
        const plan = open(picture, trial.delayed);
        assert.deepEqual(plan.takeEvents(), [], "nothing is left to make up for");
        assert.deepEqual(standOf(plan, trial.picture), standOf(trial.plan, trial.picture));
        assert.deepEqual(endAll(plan, trial.running), endAll(trial.plan, trial.running));
        const [over, expected] = [plan, trial.plan].map((each) => (each.close(AT), each.takeEvents()));
        assert.deepEqual(over, expected);
      }),
      { numRuns: 300 },
    );
  });
}

test("one whose journal was compacted takes what is added to it as the others do", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat({ max: 150 }), (seed, turns) => {
      const chance = new Chance(seed);
      const trial = new Trial(chance, false);
      for (let turn = 0; turn < turns; turn++) trial.turn();
      trial.note(endAll(trial.plan, trial.running));
      const history = new History();
      for (const event of trial.events) history.apply(event);
      const whole = throughJournal(trial.events);
      if (!trial.plan.isDone) return;
      const short = throughJournal([...compacted(whole, history.tell(null), trial.at)]);
      const plans = [whole, short].map((picture) => open(picture, trial.delayed));
      const more = trial.newTasks();
      const [one, other] = plans.map((plan) => {
        plan.add(more, AT);
        return plan.takeEvents();
      });
      assert.deepEqual(other, one);
    }),
    { numRuns: 300 },
  );
});
