/**
 * What the tasks of a job take, each demand once: few jobs have more than a handful of them, however many tasks they have. The
 * admission names a demand by its place here.
 */

import { DEFAULT_RESOURCES, type Resources } from "../../domain/resources.js";

export class DemandIndex {
  readonly demands: Resources[] = [];
  /** Most tasks share the objects, too. */
  readonly #byObject = new Map<Resources, number>();
  readonly #byText = new Map<string, number>();

  constructor() {
    this.of(DEFAULT_RESOURCES);
  }

  of(resources: Resources): number {
    const known = this.#byObject.get(resources);
    if (known !== undefined) return known;
    const text = JSON.stringify(Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1)));
    let demand = this.#byText.get(text);
    if (demand === undefined) {
      demand = this.demands.push(resources) - 1;
      this.#byText.set(text, demand);
      this.#byObject.set(resources, demand);
    }
    return demand;
  }
}
