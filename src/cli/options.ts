/**
 * Every option there is, as data: what the parser, the help and the environment know of it. An option `grace-period` is also the
 * variable AIR_EXECUTOR_GRACE_PERIOD. Only the variables of this list are read: others of that prefix are nobody's mistake.
 */

export interface OptionSpec {
  readonly type: "string" | "boolean";
  /** What stands in the help for the value of a string. */
  readonly value?: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** True if it may be given again and again. Default: the last one counts. */
  readonly isList?: true;
  readonly describe: string;
}

export const commonOptions = {
  dir: { type: "string", value: "DIR", describe: "Directory of all jobs (default: ./.air-executor)" },
  json: { type: "boolean", describe: "Print one documented JSON shape to stdout instead of text" },
  quiet: { type: "boolean", alias: "q", describe: "No progress and no messages but errors" },
  "no-color": { type: "boolean", describe: "No colours (NO_COLOR does the same)" },
} as const satisfies Record<string, OptionSpec>;

export const verbOptions = {
  concurrency: {
    type: "string",
    value: "N|N%|Nx",
    alias: "j",
    describe: "Tasks at once: a number, a share of the cores, or a multiple of them (default: 100%)",
  },
  name: { type: "string", value: "NAME", describe: "Name of the job (default: the file's `name`, else its base name)" },
  fresh: { type: "boolean", describe: "Begin anew, even if an unfinished run could be taken up" },
  "grace-period": { type: "string", value: "SECONDS", describe: "From TERM to KILL when tasks are stopped (default: 10)" },
  durability: {
    type: "string",
    choices: ["grouped", "strict"],
    describe: "grouped: synced to disk at least once a second; strict: also before a dependent starts (default: grouped)",
  },
  all: { type: "boolean", alias: "a", describe: "Show every task, however many there are" },
  follow: { type: "boolean", alias: "f", describe: "Go on with what is written, until the job has ended" },
  attempt: { type: "string", value: "N", describe: "An earlier attempt's log, counted from 1 (default: the last attempt)" },
  id: { type: "string", value: "ID", describe: "Id of the new task" },
  after: { type: "string", value: "ID,…", describe: "Ids of the tasks that must end first, with commas between them" },
  from: { type: "string", value: "TASK", describe: "This task and all behind it, also what completed" },
  "older-than": { type: "string", value: "AGE", describe: "What ended longer ago, such as 12h, 30d or 8w" },
  keep: { type: "string", value: "N", describe: "Of each job the N runs that ended last stay" },
  "dry-run": { type: "boolean", describe: "Only show what would be removed" },
  format: { type: "string", choices: ["text", "mermaid", "dot"], describe: "What to draw (default: text)" },
  foreground: { type: "boolean", describe: "Stay in this terminal, until Ctrl-C" },
  run: { type: "string", value: "ID", describe: "An earlier run of the job instead of the current one" },
  set: {
    type: "string",
    value: "PARAM=V,…",
    isList: true,
    describe: "Values of a param of the job, each in turn; may be given again",
  },
  repeat: { type: "string", value: "N", describe: "Runs of each point (default: 5)" },
  warmup: { type: "string", value: "N", describe: "Runs of each point before those, which don't count (default: 1)" },
  budget: { type: "string", value: "SECONDS", describe: "Bound the whole, and spend it where the answer is least certain" },
  prepare: { type: "string", value: "SCRIPT", describe: "Run with sh -c before each run; its time does not count" },
  cleanup: { type: "string", value: "SCRIPT", describe: "Likewise after each run" },
  seed: { type: "string", value: "N", describe: "Of the order of runs and of the intervals (default: 1)" },
  yes: { type: "boolean", alias: "y", describe: "Do it, however much it is" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof commonOptions | keyof typeof verbOptions;

export const allOptions: Readonly<Record<OptionName, OptionSpec>> = { ...commonOptions, ...verbOptions };

/** What every task finds in its environment: no option of a command that a task calls. */
const variablesOfTasks = new Set(["AIR_EXECUTOR_JOB", "AIR_EXECUTOR_TASK", "AIR_EXECUTOR_ATTEMPT"]);

/** `grace-period` → `AIR_EXECUTOR_GRACE_PERIOD`; null for an option that has no variable. */
export function variableOf(option: OptionName): string | null {
  const name = `AIR_EXECUTOR_${option.toUpperCase().replaceAll("-", "_")}`;
  return variablesOfTasks.has(name) ? null : name;
}
