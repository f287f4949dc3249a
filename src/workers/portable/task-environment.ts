/**
 * The environment of tasks in the portable runner: the task's own variables over its context's over the runner's. Node holds variables as text;
 * what was none in the engine's environment is taken from there as bytes.
 */

import { nameOf } from "../../system/process/byte-script.js";
import { spoiltVariables } from "../../system/process/environments.js";

export class TaskEnvironment {
  /** What Node can hold. */
  readonly base: NodeJS.ProcessEnv;
  /** Variables of the base that it can't, as bytes. */
  readonly #spoilt: readonly Buffer[];

  constructor(base: NodeJS.ProcessEnv, parent: number) {
    this.base = base;
    this.#spoilt = spoiltVariables(base, parent);
  }

  /** The variables that are a task's own, one of each name, with those of the base that are no text. @param env the first of a name counts. */
  ownOf(env: readonly Buffer[]): Buffer[] {
    const seen = new Set<string>();
    return [...env, ...this.#spoilt].filter((variable) => {
      const name = nameOf(variable).toString("latin1");
      const isFirst = !seen.has(name) && variable.includes("=");
      seen.add(name);
      return isFirst;
    });
  }
}

/** As Node wants it: name and value. */
export function splitVariable(variable: Buffer): [name: string, value: string] {
  const name = nameOf(variable);
  return [name.toString("utf8"), variable.toString("utf8", name.length + 1)];
}
