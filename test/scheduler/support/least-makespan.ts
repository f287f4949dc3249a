/**
 * No schedule can be shorter than this. Not only the longest chain and the work bound it: what has at least `head` before it and `tail` behind
 * it can be worked on only between the two, so its work, spread over all cpus, comes on top of both. A graph that begins and ends with one
 * task that all others wait for leaves most cpus idle then, whatever is chosen.
 */

export interface Timed {
  readonly id: string;
  readonly dependencies: readonly string[];
  readonly ms: number;
  readonly cpu: number;
}

/** Enough to come close: fewer make the bound lower, never wrong. */
const MOST_CUTS = 40;

/** In milliseconds. @param tasks each behind what it depends on. */
export function leastMakespan(tasks: readonly Timed[], cpus: number): number {
  const heads = new Map<string, number>();
  const tails = new Map(tasks.map(({ id }) => [id, 0]));
  const ms = new Map(tasks.map((task) => [task.id, task.ms]));
  for (const { id, dependencies } of tasks)
    heads.set(id, Math.max(0, ...dependencies.map((before) => heads.get(before)! + ms.get(before)!)));
  for (const { id, dependencies } of tasks.toReversed())
    for (const before of dependencies) tails.set(before, Math.max(tails.get(before)!, tails.get(id)! + ms.get(id)!));
  let least = Math.max(0, ...tasks.map(({ id }) => heads.get(id)! + ms.get(id)! + tails.get(id)!));
  for (const head of cuts(heads.values())) {
    const later = tasks.filter(({ id }) => heads.get(id)! >= head);
    for (const tail of cuts(tails.values())) {
      const between = later.filter(({ id }) => tails.get(id)! >= tail);
      const work = between.reduce((sum, task) => sum + task.ms * task.cpu, 0);
      if (between.length > 0) least = Math.max(least, head + work / cpus + tail);
    }
  }
  return least;
}

function cuts(values: Iterable<number>): number[] {
  const different = [...new Set(values)].toSorted((a, b) => a - b);
  const every = Math.max(1, Math.ceil(different.length / MOST_CUTS));
  return different.filter((_, index) => index % every === 0);
}
