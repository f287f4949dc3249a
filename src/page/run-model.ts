/** The data of a run as the page works with it. Pure. */

import type { RunData } from "./data.js";
import { visible } from "./visible.js";

export interface Bar {
  readonly attempt: number;
  readonly task: number;
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  readonly isFailed: boolean;
  readonly isOpen: boolean;
}

export class RunModel {
  readonly data: RunData;
  readonly names: readonly string[];
  /** Of each slot, in the order of time. */
  readonly rows: readonly (readonly Bar[])[];
  readonly bars: readonly Bar[];
  readonly onPath: ReadonlySet<number>;
  /** The last attempt of each task. */
  readonly lastBar: ReadonlyMap<number, Bar>;

  constructor(data: RunData) {
    this.data = data;
    this.names = unpack(data);
    const { attempts } = data;
    this.bars = attempts.task.map((task, attempt): Bar => {
      const from = attempts.ready[attempt]! + attempts.wait[attempt]!;
      const outcome = attempts.outcomes[attempts.outcome[attempt]!]!;
      const about = { attempt, task, slot: attempts.slot[attempt]!, from, to: from + attempts.took[attempt]! };
      return Object.assign(about, { isFailed: outcome !== "completed" && outcome !== "running", isOpen: outcome === "running" });
    });
    const count = this.bars.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
    const rows: Bar[][] = Array.from({ length: count }, () => []);
    for (const bar of this.bars) rows[bar.slot]!.push(bar);
    for (const row of rows) row.sort((a, b) => a.from - b.from);
    this.rows = rows;
    this.onPath = new Set(data.path.map(({ task }) => task));
    this.lastBar = new Map(this.bars.map((bar) => [bar.task, bar]));
  }

  name(task: number): string {
    return this.names[task] ?? "";
  }

  outcome({ attempt }: Bar): string {
    const { outcome, outcomes } = this.data.attempts;
    return visible(outcomes[outcome[attempt]!]!);
  }

  status(task: number): string {
    const { status, statuses } = this.data.tasks;
    return statuses[status[task]!]!;
  }

  group(task: number): number {
    return this.data.tasks.group[task]!;
  }

  /** Why a task began when it did, in a sentence. */
  waitText({ attempt, task }: Bar): { readonly after: number; readonly wait: number; readonly full: number } {
    const { wait, full } = this.data.attempts;
    return { after: this.data.tasks.after[task]!, wait: wait[attempt]!, full: full[attempt]! };
  }
}

function unpack({ tasks: { shared, rest } }: RunData): string[] {
  let before = "";
  return rest.map((end, index) => visible((before = before.slice(0, shared[index]) + end)));
}

/** A value that changes at moments and stays until the next. */
export interface Curve {
  readonly at: readonly number[];
  readonly value: readonly number[];
}

/** The sum of what each bar adds from its beginning to its end. */
export function curveOf(bars: readonly Bar[], amount: (bar: Bar) => number): Curve {
  const changes = bars.flatMap((bar) => {
    const value = amount(bar);
    return value === 0 || bar.to <= bar.from ? [] : [[bar.from, value] as const, [bar.to, -value] as const];
  });
  // What ends makes room first.
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const [at, value]: [number[], number[]] = [[], []];
  let sum = 0;
  for (const [moment, change] of changes) {
    sum = Math.max(0, sum + change);
    if (at.at(-1) === moment) value[value.length - 1] = sum;
    else {
      at.push(moment);
      value.push(sum);
    }
  }
  return { at, value };
}

export function highest({ value }: Curve): number {
  return value.reduce((most, each) => Math.max(most, each), 0);
}
