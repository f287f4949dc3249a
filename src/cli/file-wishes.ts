/** What the command line says of the params and matrices of a job file, and how what nobody can have meant is told. */

import type { CheckOptions } from "../index.js";
import { printableLine } from "./render/printable.js";
import type { Settings } from "./command-line/settings.js";
import type { Terminal } from "./terminal/terminal.js";
import { UsageError } from "./command-line/usage-error.js";

/** More tasks than this come of a matrix by mistake as a rule. */
const MOST_TASKS = 100_000;

/** @throws UsageError for a `--set` that gives no value. */
export function fileWishes(
  settings: Settings,
  { err }: Terminal,
): Pick<CheckOptions, "params" | "mostTasks" | "remedy" | "onWarning"> {
  return {
    params: paramsOf(settings.list("set")),
    onWarning: (warning) => err.write(`air-executor: ${printableLine(warning)}\n`),
    ...(!settings.isOn("yes") && { mostTasks: MOST_TASKS, remedy: "say --yes if that is meant" }),
  };
}

function paramsOf(texts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const text of texts) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`--set is "${text}": expected a param and its value, such as date=2026-11-29`);
    if (Object.hasOwn(params, name)) throw new UsageError(`--set gives ${name} twice: give one value`);
    params[name] = value;
  }
  return params;
}
