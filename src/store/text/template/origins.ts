/** Which task of the file each expanded one came of, and so where its faults are told: each once, however many tasks have it. */

import type { Path, PathFault } from "../places.js";

export class Origins {
  /** Of each task, the one of the file. */
  readonly #indices: number[] = [];
  /** Of each task whose dependencies are others than in the file: how many came of each of those. */
  readonly #spread = new Map<number, readonly number[]>();
  readonly #isTemplate: (index: number) => boolean;

  /** @param isTemplate of a task of the file: whether several may have come of it. */
  constructor(isTemplate: (index: number) => boolean) {
    this.#isTemplate = isTemplate;
  }

  /** @param spread how many dependencies came of each of the file's; null if they are as in the file. */
  add(index: number, spread: readonly number[] | null): void {
    if (spread !== null && spread.some((count) => count !== 1)) this.#spread.set(this.#indices.length, spread);
    this.#indices.push(index);
  }

  of(index: number): number {
    return this.#indices[index] ?? index;
  }

  inFile(faults: readonly PathFault[]): readonly PathFault[] {
    const told: { readonly fault: PathFault; more: number }[] = [];
    const byPlace = new Map<string, (typeof told)[number]>();
    for (const { path, message } of faults) {
      const place = this.#pathInFile(path);
      const key = place[0] === "tasks" && this.#isTemplate(place[1] as number) ? JSON.stringify(place) : null;
      const known = key === null ? undefined : byPlace.get(key);
      if (known !== undefined) {
        known.more++;
        continue;
      }
      const entry = { fault: { path: place, message }, more: 0 };
      told.push(entry);
      if (key !== null) byPlace.set(key, entry);
    }
    return told.map(({ fault, more }) =>
      more === 0 ? fault : { path: fault.path, message: `${fault.message} (and likewise in ${more} more of its tasks)` },
    );
  }

  #pathInFile(path: Path): Path {
    const [root, at, key, item, ...rest] = path;
    if (root !== "tasks" || typeof at !== "number") return path;
    const spread = key === "dependencies" && typeof item === "number" ? this.#spread.get(at) : undefined;
    if (spread === undefined) return ["tasks", this.of(at), ...path.slice(2)];
    return ["tasks", this.of(at), key!, placeIn(spread, item as number), ...rest];
  }
}

/** Which of the file's dependencies the one at this place came of. */
function placeIn(spread: readonly number[], item: number): number {
  let left = item;
  const place = spread.findIndex((count) => (left -= count) < 0);
  return place < 0 ? spread.length - 1 : place;
}
