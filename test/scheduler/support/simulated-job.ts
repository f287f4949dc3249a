/** One job of the simulation: its record, which outlives every engine, and what the engine of the moment knows of it. */

import assert from "node:assert/strict";
import type { AttemptStarted, JobEvent } from "../../../src/domain/events.js";
import type { Recorder } from "../../../src/domain/ports.js";
import { DEFAULT_RESOURCES, type Resources } from "../../../src/domain/resources.js";
import type { RetryCondition, TaskSpec } from "../../../src/domain/task.js";
import type { JobHandle } from "../../../src/scheduler/job-run.js";
import type { Chance } from "./chance.js";
import { settings, task } from "./jobs.js";
import { Model } from "./model.js";

export class SimulatedJob implements Recorder {
  readonly name: string;
  readonly model: Model;
  ready = true;
  /** True if it refused the last starts that it was asked to record. */
  hasRefused = false;
  refusals = 0.1;
  handle: JobHandle | null = null;
  recorded = 0;
  heard = 0;
  readonly #chance: Chance;
  /** Called before each event is taken; throws if the engine dies there. */
  readonly #beforeEvent: () => void;
  /** What its tasks may take that take more than one cpu. */
  readonly #demands: readonly Resources[];
  /** How many of its tasks do. */
  readonly #oddity: number;
  #tasks = 0;

  constructor(name: string, chance: Chance, machine: Resources, beforeEvent: () => void) {
    this.name = name;
    this.#chance = chance;
    this.#beforeEvent = beforeEvent;
    this.#oddity = chance.pick([0, 0, 0.1, 0.8]);
    const concurrency = chance.happens(0.3) ? 1 + chance.below(3) : null;
    const pools: Resources = chance.happens(0.3) ? { licence: 1 + chance.below(2), cpu: machine["cpu"]! } : {};
    this.#demands = demandsOf({ ...machine, ...pools });
    const maxFailures = chance.happens(0.2) ? 1 + chance.below(3) : null;
    this.model = new Model(name, settings({ concurrency, maxFailures, pools }), []);
    for (const first of this.newTasks(chance.below(20))) {
      this.model.apply({ type: "tasks-added", at: 0, tasks: [first] });
    }
  }

  /** Tasks that depend on earlier ones and on each other, in an order of no meaning. */
  newTasks(count: number): TaskSpec[] {
    const chance = this.#chance;
    const ids = [...this.model.entries.keys()];
    const tasks: TaskSpec[] = [];
    for (let index = 0; index < count; index++) {
      const id = `t${this.#tasks++}`;
      const dependencies = chance.some(ids.slice(-8), 0.25);
      const conditions: RetryCondition[][] = [[3], ["timeout", "SIGKILL"], []];
      tasks.push(
        task(id, dependencies, {
          triggerRule: chance.pick(["all_success", "all_success", "all_done", "any_failed"] as const),
          priority: chance.below(3),
          resources: chance.happens(this.#oddity) ? chance.pick(this.#demands) : DEFAULT_RESOURCES,
          retries: chance.pick([0, 0, 1, 3]),
          retryDelayMs: chance.pick([0, 20, 500]),
          retryBackoff: chance.pick([1, 2]),
          retryOn: chance.happens(0.7) ? null : chance.pick(conditions),
          timeoutMs: chance.pick([null, null, 50, 400]),
          onLost: chance.pick(["rerun", "rerun", "fail"] as const),
        }),
      );
      ids.push(id);
    }
    return chance.happens(0.5) ? tasks.toReversed() : tasks;
  }

  record(events: readonly JobEvent[]): void {
    assert.ok(events.length > 0);
    for (const event of events) {
      this.#beforeEvent();
      this.model.apply(event);
      this.recorded += 1;
    }
  }

  recordStarts(events: readonly AttemptStarted[]): boolean {
    assert.ok(this.ready, "nothing starts while the recorder is not ready");
    this.hasRefused = this.#chance.happens(this.refusals);
    if (!this.hasRefused) {
      this.record(events);
    }
    return !this.hasRefused;
  }

  isReady(): boolean {
    return this.ready;
  }
}

/** Demands that fit into these pools by themselves. */
function demandsOf(pools: Resources): Resources[] {
  const { cpu = 1, memory = 0, licence = 0 } = pools;
  const all: Record<string, number>[] = [
    { cpu },
    { cpu: 0.5 },
    { cpu: 1, memory },
    { cpu: 1, memory: memory / 4 },
    { cpu: 0.25, licence },
  ];
  return all.map((demand) => Object.fromEntries(Object.entries(demand).filter(([, amount]) => amount > 0)));
}
