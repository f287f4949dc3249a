/**
 * CPU and memory of a run, from what each attempt took in all. When within its time an attempt took how much is not on record: its CPU
 * time is spread evenly over it, and its memory counts at its peak throughout. So the sum of memory is the most that can have been, not
 * what was. Pure.
 */

import type { TaskHistory } from "../domain/history.js";

/** From `at` on, until the next of these. */
export interface ResourceMoment {
  readonly at: number;
  /** Cores busy on average. */
  readonly cores: number;
  readonly memoryKb: number;
}

/** Null if it is not known of any attempt that ended. */
export function usageOf(tasks: readonly TaskHistory[]): { cpuMs: number } | null {
  let cpuMs: number | null = null;
  for (const { attempts } of tasks) {
    for (const { usage } of attempts) if (usage !== null) cpuMs = (cpuMs ?? 0) + usage.userMs + usage.systemMs;
  }
  return cpuMs === null ? null : { cpuMs };
}

/** In the order of time, one for each change; attempts of which nothing is known take nothing. */
export function resourcesOver(tasks: readonly TaskHistory[], nowMs: number): ResourceMoment[] {
  const changes: ResourceMoment[] = [];
  for (const { attempts } of tasks) {
    for (const { usage, startedAt, endedAt } of attempts) {
      const end = endedAt ?? nowMs;
      if (usage === null || end <= startedAt) continue;
      const cores = (usage.userMs + usage.systemMs) / (end - startedAt);
      changes.push({ at: startedAt, cores, memoryKb: usage.maxRssKb }, { at: end, cores: -cores, memoryKb: -usage.maxRssKb });
    }
  }
  // What ends makes room first: two tasks one after the other never were there together.
  changes.sort((a, b) => a.at - b.at || a.memoryKb - b.memoryKb);
  const moments: { at: number; cores: number; memoryKb: number }[] = [];
  let [cores, memoryKb] = [0, 0];
  for (const change of changes) {
    // Sums of fractions leave a little behind.
    cores = Math.max(0, cores + change.cores);
    memoryKb += change.memoryKb;
    const last = moments.at(-1);
    if (last?.at === change.at) Object.assign(last, { cores, memoryKb });
    else moments.push({ at: change.at, cores, memoryKb });
  }
  return moments;
}

export function mostMemoryKb(tasks: readonly TaskHistory[], nowMs: number): number {
  return resourcesOver(tasks, nowMs).reduce((most, { memoryKb }) => Math.max(most, memoryKb), 0);
}
