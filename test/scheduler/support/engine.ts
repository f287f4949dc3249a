/** A scheduler with stand-ins around it, as the composition root would put it together. */

import type { JobEvent } from "../../../src/domain/events.js";
import type { Resources } from "../../../src/domain/resources.js";
import type { LoadedJob } from "../../../src/domain/job.js";
import type { JobHandle, JobPorts } from "../../../src/scheduler/job-run.js";
import { Scheduler } from "../../../src/scheduler/scheduler.js";
import { describe, FakeClock, FakeRecorder, FakeRunner, NO_DEVICES } from "./fakes.js";

export interface RunningJob {
  readonly handle: JobHandle;
  readonly recorder: FakeRecorder;
  /** What the listener heard. */
  readonly heard: JobEvent[];
  /** How often the listener heard that the job is over. */
  readonly ends: () => number;
  /** What went wrong in its handling. */
  readonly faults: readonly unknown[];
}

export class Engine<Runner extends FakeRunner = FakeRunner> {
  readonly clock = new FakeClock();
  readonly runner: Runner;
  readonly scheduler: Scheduler;
  /** The last wake-up that was asked for. */
  wakeup: number | null = null;

  constructor(options: { concurrency?: number; slots?: number; pools?: Resources; random?: () => number; runner?: Runner } = {}) {
    const { pools = {}, concurrency = 4, slots = concurrency, random = () => 0 } = options;
    this.runner = options.runner ?? (new FakeRunner(slots) as Runner);
    this.scheduler = new Scheduler({
      runner: this.runner,
      clock: this.clock,
      pools: { ...pools, cpu: concurrency },
      devices: NO_DEVICES,
      random,
      graceMs: 10_000,
      onWakeup: (wakeup) => {
        this.wakeup = wakeup;
      },
    });
  }

  add(
    loaded: LoadedJob,
    recorder = new FakeRecorder(),
    onEvents: (events: readonly JobEvent[]) => void = () => {},
    ports: Pick<JobPorts, "endsDecide"> = {},
  ): RunningJob {
    const heard: JobEvent[] = [];
    let ends = 0;
    const faults: unknown[] = [];
    const listener = {
      onEvents: (events: readonly JobEvent[]) => {
        heard.push(...events);
        onEvents(events);
      },
      onOver: () => {
        ends += 1;
      },
      onBroken: (error: unknown) => {
        faults.push(error);
      },
    };
    const handle = this.scheduler.addJob(loaded, { recorder, describe: describe(loaded.name), listener, ...ports });
    return { handle, recorder, heard, ends: () => ends, faults };
  }

  /** Lets time go by, and wakes the scheduler at its end. */
  pass(ms: number): void {
    this.clock.time += ms;
    this.scheduler.tick();
  }
}

/** The events of one type. */
export function eventsOf<Type extends JobEvent["type"]>(
  events: readonly JobEvent[],
  type: Type,
): Extract<JobEvent, { readonly type: Type }>[] {
  return events.filter((event): event is Extract<JobEvent, { readonly type: Type }> => event.type === type);
}
