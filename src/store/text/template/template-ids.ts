/**
 * The ids that came of a matrix, for those that depend on it: on a template's id means all of its tasks, but of the keys that both have
 * the same values only, so that chains a shard come of themselves. Makes no task.
 */

import type { Combination } from "./matrix.js";

/** What came of one task of the file. */
interface Expanded {
  readonly keys: readonly string[];
  readonly combinations: readonly Combination[];
  /** In the order of the combinations. */
  readonly ids: readonly string[];
}

export class TemplateIds {
  readonly #of: Expanded;
  /** By the shared keys, then by their values. */
  readonly #groups = new Map<string, Map<string, string[]>>();

  constructor(of: Expanded) {
    this.#of = of;
  }

  sharedWith(keys: readonly string[]): readonly string[] {
    return this.#of.keys.filter((key) => keys.includes(key));
  }

  /** Empty if none has the same values. @param keys of the dependent; `valueOf` its values for them. */
  idsFor(keys: readonly string[], valueOf: (key: string) => string): readonly string[] {
    const shared = this.sharedWith(keys);
    return shared.length === 0 ? this.#of.ids : (this.#groupsBy(shared).get(JSON.stringify(shared.map(valueOf))) ?? []);
  }

  #groupsBy(shared: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const name = JSON.stringify(shared);
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const groups = new Map<string, string[]>();
    const { keys, combinations, ids } = this.#of;
    const places = shared.map((key) => keys.indexOf(key));
    for (const [index, combination] of combinations.entries()) {
      const values = JSON.stringify(places.map((place) => combination[place]));
      const group = groups.get(values);
      if (group === undefined) groups.set(values, [ids[index]!]);
      else group.push(ids[index]!);
    }
    this.#groups.set(name, groups);
    return groups;
  }
}
