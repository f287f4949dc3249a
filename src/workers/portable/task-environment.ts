/**
 * The environment of tasks in the portable runner: the task's own variables over its context's over the runner's. Node holds variables as text;
 * what was none in the engine's environment is taken from there as bytes.
 */

import { readFileSync } from "node:fs";
import { isText } from "./byte-script.js";

const EQUALS = 0x3d;
const SPOILT = "\uFFFD";

export class TaskEnvironment {
  /** What Node can hold. */
  readonly base: NodeJS.ProcessEnv;
  /** Variables of the base that it can't, as bytes. */
  readonly #spoilt: readonly Buffer[];

  constructor(base: NodeJS.ProcessEnv, parent: number) {
    this.base = base;
    const names = new Set(Object.keys(base).filter((name) => name.includes(SPOILT) || base[name]!.includes(SPOILT)));
    this.#spoilt =
      names.size === 0
        ? []
        : bytesOf(parent).filter((variable) => names.has(nameOf(variable).toString("utf8")) && !isText(variable));
  }

  /** The variables that are a task's own, one of each name, with those of the base that are no text. @param env the first of a name counts. */
  ownOf(env: readonly Buffer[]): Buffer[] {
    const seen = new Set<string>();
    return [...env, ...this.#spoilt].filter((variable) => {
      const name = nameOf(variable).toString("latin1");
      const isFirst = !seen.has(name) && variable.includes(EQUALS);
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

function nameOf(variable: Buffer): Buffer {
  const end = variable.indexOf(EQUALS);
  return end < 0 ? variable : variable.subarray(0, end);
}

/** None where they can't be read. */
function bytesOf(pid: number): Buffer[] {
  const variables: Buffer[] = [];
  try {
    const bytes = readFileSync(`/proc/${pid}/environ`);
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf(0, from);
      variables.push(bytes.subarray(from, end < 0 ? bytes.length : end));
      from = end < 0 ? bytes.length : end + 1;
    }
  } catch {
    // Then the text has to do.
  }
  return variables;
}
