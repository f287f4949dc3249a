/** The jobs that the scenarios run, in the form of the guide's tasks.json. Pure and repeatable: the same call gives the same job. */

export interface GraphTask {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly dependencies: readonly string[];
}

/** prepare → `count` times `command` → merge. */
export function fanOut(count: number, command: string, args: readonly string[] = []): GraphTask[] {
  const shards = Array.from({ length: count }, (_, index) => task(`shard-${index + 1}`, command, args, ["prepare"]));
  return [
    task("prepare", "/bin/true", [], []),
    ...shards,
    task(
      "merge",
      "/bin/true",
      [],
      shards.map(({ id }) => id),
    ),
  ];
}

/** Each task waits for the one before. */
export function chain(length: number, command: string): GraphTask[] {
  return Array.from({ length }, (_, index) => task(`link-${index + 1}`, command, [], index === 0 ? [] : [`link-${index}`]));
}

/**
 * Layers of sleeps. From a wide layer to a narrower one tasks are gathered evenly, from a narrow to a wider one they are spread
 * evenly; a sleep takes between a tenth and nearly twice of `meanMs`.
 */
export function layered(widths: readonly number[], meanMs: number): GraphTask[] {
  const tasks: GraphTask[] = [];
  let seed = 1;
  for (const [layer, width] of widths.entries()) {
    const above = widths[layer - 1] ?? 0;
    for (let index = 0; index < width; index++) {
      // A linear congruential generator (Numerical Recipes, "quick and dirty"): any even spread does.
      seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
      const seconds = (meanMs * (0.1 + (1.8 * seed) / 2 ** 32)) / 1000;
      const dependencies = dependedOn(index, width, above).map((other) => `layer-${layer}-${other + 1}`);
      tasks.push(task(`layer-${layer + 1}-${index + 1}`, "sleep", [seconds.toFixed(4)], dependencies));
    }
  }
  return tasks;
}

function dependedOn(index: number, width: number, above: number): number[] {
  if (above === 0) return [];
  if (above <= width) return [Math.floor((index * above) / width)];
  const first = Math.ceil((index * above) / width);
  const end = Math.ceil(((index + 1) * above) / width);
  return Array.from({ length: end - first }, (_, offset) => first + offset);
}

export interface Duration {
  /** The longest way through the sleeps: no number of slots can be faster. */
  readonly criticalPathMs: number;
  /** All sleeps together. */
  readonly workMs: number;
}

/** For jobs of sleeps whose tasks stand behind what they depend on. Throws for others. */
export function durationOf(tasks: readonly GraphTask[]): Duration {
  const ends = new Map<string, number>();
  let workMs = 0;
  let criticalPathMs = 0;
  for (const { id, command, args, dependencies } of tasks) {
    const durationMs = Number(args[0]) * 1000;
    if (command !== "sleep" || !(durationMs >= 0))
      throw new Error(`${id}: expected "sleep SECONDS", which is what we can foretell`);
    const starts = dependencies.map((other) => {
      const end = ends.get(other);
      if (end === undefined) throw new Error(`${id}: expected to stand behind ${other}, on which it depends`);
      return end;
    });
    const end = starts.reduce((latest, start) => Math.max(latest, start), 0) + durationMs;
    ends.set(id, end);
    workMs += durationMs;
    criticalPathMs = Math.max(criticalPathMs, end);
  }
  return { criticalPathMs, workMs };
}

function task(id: string, command: string, args: readonly string[], dependencies: readonly string[]): GraphTask {
  return { id, command, args, dependencies };
}
