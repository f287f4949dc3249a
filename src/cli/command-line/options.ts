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
  memory: {
    type: "string",
    value: "SIZE",
    describe: "Memory that tasks may plan with, such as 12GiB (default: what is free at the start)",
  },
  gpus: { type: "string", value: "N", describe: "GPUs that tasks may have (default: those that nvidia-smi or rocm-smi finds)" },
  pool: {
    type: "string",
    value: "NAME=N,…",
    isList: true,
    describe: "How much there is of something that tasks of all jobs share, such as licence=3; may be given again",
  },
  resources: {
    type: "string",
    value: "NAME=N,…",
    isList: true,
    describe: "What each task takes while it runs, such as memory=4GiB,gpu=1 (default: cpu=1); may be given again",
  },
  engine: {
    type: "string",
    choices: ["local", "slurm"],
    describe: "Where tasks run: here, or on the nodes of a Slurm cluster (default: local)",
  },
  slots: { type: "string", value: "MIN:MAX", describe: "Of slurm: tasks at once, as 64 or 4:200 (default: 1:64)" },
  partition: { type: "string", value: "NAME", describe: "Of slurm: as in sbatch" },
  account: { type: "string", value: "NAME", describe: "Of slurm: as in sbatch" },
  qos: { type: "string", value: "NAME", describe: "Of slurm: as in sbatch" },
  time: { type: "string", value: "TIME", describe: "Of slurm: how long a slot may live, as in sbatch" },
  "sbatch-arg": {
    type: "string",
    value: "ARG",
    isList: true,
    describe: "Of slurm: a further argument of sbatch; may be given again",
  },
  lease: {
    type: "string",
    value: "SECONDS",
    describe: "Of slurm: a slot without its files for so long ends its tasks (default: 300)",
  },
  name: { type: "string", value: "NAME", describe: "Name of the job (default: the file's `name`, else its base name)" },
  fresh: { type: "boolean", describe: "Begin anew, even if an unfinished run could be taken up" },
  once: { type: "boolean", describe: "Run nothing if the last run of just these tasks completed: for scripts and timers" },
  "grace-period": { type: "string", value: "SECONDS", describe: "From TERM to KILL when tasks are stopped (default: 10)" },
  durability: {
    type: "string",
    choices: ["grouped", "strict"],
    describe: "grouped: synced to disk at least once a second; strict: also before a dependent starts (default: grouped)",
  },
  all: { type: "boolean", alias: "a", describe: "Show every task, however many there are" },
  state: {
    type: "string",
    choices: ["pending", "running", "completed", "failed", "skipped", "cancelled"],
    describe: "Only tasks of this status, and all of them",
  },
  only: { type: "string", value: "TASK", isList: true, describe: "This task and all that it needs; may be given again" },
  until: { type: "string", value: "TASK", isList: true, describe: "No further than this task: not what depends on it" },
  except: { type: "string", value: "TASK", isList: true, describe: "Not this task, and not what depends on it" },
  kind: {
    type: "string",
    choices: ["make", "commands", "wfformat"],
    describe: "What the source is (default: by its name and what is in it)",
  },
  sleep: { type: "boolean", describe: "Of WfFormat: tasks sleep for as long as the recorded ones ran" },
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
    value: "PARAM=VALUE",
    isList: true,
    describe: "Value of a param of the job file; may be given again (bench: several with commas, each in turn)",
  },
  repeat: { type: "string", value: "N", describe: "Runs of each point (default: 5)" },
  warmup: { type: "string", value: "N", describe: "Runs of each point before those, which don't count (default: 1)" },
  budget: { type: "string", value: "SECONDS", describe: "Bound the whole, and spend it where the answer is least certain" },
  compare: {
    type: "string",
    value: "FILE",
    describe: "An earlier result: a verdict for each point, and its sweep unless you give one",
  },
  "fail-above": {
    type: "string",
    value: "PERCENT",
    describe: "With --compare: exit 1 if a point is certainly slower, and by more than this (10%)",
  },
  prepare: { type: "string", value: "SCRIPT", describe: "Run with sh -c before each run; its time does not count" },
  cleanup: { type: "string", value: "SCRIPT", describe: "Likewise after each run" },
  seed: { type: "string", value: "N", describe: "Of the order of runs and of the intervals (default: 1)" },
  output: {
    type: "string",
    value: "FILE",
    describe: "Where to write it; - is standard output (default: JOB-report.html)",
  },
  yes: { type: "boolean", describe: "Do it, however much it is" },
  "arg-file": { type: "string", value: "FILE", isList: true, describe: "A list of inputs, as :::: FILE; may be given again" },
  null: { type: "boolean", describe: "NUL ends each input, as find -print0 writes them" },
  delimiter: { type: "string", value: "C", describe: "What ends each input: text, or \\t, \\0, \\x1e (default: \\n)" },
  colsep: {
    type: "string",
    value: "REGEX",
    describe: "Cuts each input into columns {1} {2} …; blanks around them go. With --csv the one character that does",
  },
  csv: { type: "boolean", describe: "Inputs are CSV: columns {1} {2} …, with quotes and line breaks within quotes" },
  header: {
    type: "boolean",
    describe:
      "The first input of each list names its columns: {name}. Without --colsep and --csv, files that look like CSV or TSV are",
  },
  "max-args": { type: "string", value: "N", describe: "Up to N inputs for each task" },
  pipe: { type: "boolean", describe: "Cut standard input at line ends into pieces, each the standard input of a task" },
  block: { type: "string", value: "SIZE", describe: "Size of a piece, such as 64K, 10M or 1G (default: 1M)" },
  lines: { type: "string", value: "N", describe: "Lines of a piece, instead of a size" },
  shuffle: {
    type: "string",
    value: "SEED",
    describe: "In an order by chance; the same SEED gives the same one. Reads all inputs first",
  },
  shell: {
    type: "string",
    value: "SCRIPT",
    describe: "Run this with sh -c instead of a command; placeholders are quoted for it",
  },
  "keep-order": { type: "boolean", describe: "Output in the order of the inputs, not of the ends of tasks" },
  "line-buffer": { type: "boolean", describe: "Output as it comes, in whole lines, instead of task by task" },
  tag: { type: "boolean", describe: "The input and a tab before each line of output" },
  "tag-string": { type: "string", value: "TEXT", describe: "This and a tab before each line of output; may hold placeholders" },
  "no-output": { type: "boolean", describe: "Don't show what tasks print; it is in the logs" },
  joblog: { type: "string", value: "FILE", describe: "Write GNU parallel's log of jobs, which its --resume reads" },
  retries: { type: "string", value: "N", describe: "Further attempts of a task that failed (default: 0)" },
  "retry-delay": { type: "string", value: "SECONDS", describe: "Before a further attempt (default: 0)" },
  timeout: { type: "string", value: "SECONDS", describe: "For one attempt; then TERM, after the grace period KILL" },
  delay: { type: "string", value: "SECONDS", describe: "Between the starts of two tasks" },
  "max-failures": { type: "string", value: "N|N%", describe: "As --halt soon,fail=N" },
  halt: {
    type: "string",
    value: "WHEN,WHY",
    describe: "Stop early: now (end what runs) or soon (let it end), with fail=, success= or done= N or N%: --halt now,fail=1",
  },
  env: { type: "string", value: "K=V", isList: true, describe: "A variable for every task; may be given again" },
  cwd: { type: "string", value: "DIR", describe: "Where tasks run (default: here)" },
  before: {
    type: "string",
    value: "SCRIPT",
    describe: "A task before all others, run with sh -c; files of inputs are read when it is over",
  },
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
