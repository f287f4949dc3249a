/** The verbs, as data: all that the help and the parser need without loading any of them. One file a verb stands under commands/. */

import type { Command } from "./command.js";
import type { OptionName, OptionSpec } from "./options.js";

export interface Verb {
  readonly name: string;
  /** As in the help; arguments in brackets may be left out. */
  readonly usage: string;
  readonly describe: string;
  /** What each argument is, in the order of the usage. */
  readonly args: Readonly<Record<string, string>>;
  /**
   * `argument`: the last argument may be given again and again; `command`: a command may follow behind `--`; `line`: the first word that is
   * no option begins a command, and all behind it is that command's. Default: none of them.
   */
  readonly rest?: "argument" | "command" | "line";
  readonly options: readonly OptionName[];
  /** What an option means here, where that is not what it means elsewhere. */
  readonly wording?: Partial<Readonly<Record<OptionName, Pick<OptionSpec, "value" | "describe">>>>;
  /** Short forms that only this verb has. */
  readonly letters?: Readonly<Record<string, OptionName>>;
  /** What else one has to know, under titles of its own. */
  readonly more?: readonly (readonly [title: string, rows: readonly (readonly [term: string, text: string])[]])[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly load: () => Promise<Command>;
  /** True if it runs tasks in any case: then threads for them are started before all else. Default: false. */
  readonly runsTasks?: true;
}

export const verbs: readonly Verb[] = [
  {
    name: "run",
    usage: "run FILE",
    describe: "Run a job in the foreground, to its end",
    args: { FILE: "A job file (JSON or YAML), the directory of a dropped job, or - for standard input" },
    options: ["concurrency", "memory", "gpus", "pool", "name", "fresh", "once", "set", "yes", "grace-period", "durability"],
    examples: [
      ["air-executor run pipeline.yaml", "run it; an unfinished run of that name is taken up where it stopped"],
      ["air-executor run pipeline.yaml -j 2x", "twice as many tasks at once as there are cores"],
      ["air-executor run pipeline.yaml --fresh", "begin anew"],
      ["air-executor run pipeline.yaml --once", "nothing if it has completed before; what is unfinished goes on"],
      ["air-executor run report.yaml --set date=2026-11-29", "with a value for one of its params"],
      ["generate-tasks | air-executor run - --name nightly", "a job from standard input"],
      ["air-executor run .air-executor/jobs/my-job", "a dropped job"],
    ],
    load: () => import("./commands/run.js"),
    runsTasks: true,
  },
  {
    name: "map",
    usage: "map [options] COMMAND [{}…] [::: INPUT…]",
    describe: "Run a command for each input, as xargs and GNU parallel do, with a record of every task",
    args: {},
    rest: "line",
    options: [
      ...(["shell", "arg-file", "null", "delimiter", "colsep", "csv", "header", "max-args", "pipe", "block", "lines"] as const),
      ...([
        "shuffle",
        "keep-order",
        "line-buffer",
        "tag",
        "tag-string",
        "no-output",
        "joblog",
        "dry-run",
        "concurrency",
      ] as const),
      ...(["retries", "retry-delay", "timeout", "delay", "max-failures", "halt", "env", "cwd", "before", "after"] as const),
      ...(["name", "fresh", "grace-period", "durability"] as const),
    ],
    more: [
      [
        "Inputs (without any, lines of standard input)",
        [
          ["::: A B C", "these; several lists give all combinations"],
          [":::: FILE", "its lines; - is standard input"],
          [":::+, ::::+", "in pairs with the list before it"],
        ],
      ],
      [
        "Placeholders (without any, the input stands at the end)",
        [
          ["{}", "the input, always one argument; an argument with it comes once for each input of --max-args"],
          ["{.} {/} {//} {/.}", "without extension; base name; directory; base name without extension"],
          ["{1} {2.} {-1/}", "one column or list, by number, with any of these"],
          ["{name}", "a column by its name, with --header"],
          ["{#} {%}", "number of the task; of the slot that it runs in"],
          ["{{}}", "the braces themselves, as in {{1}} for {1}"],
        ],
      ],
      [
        "What is kept",
        [
          ["logs, retry, status", "work with the name of the job, which the summary tells"],
          ["the same command", "with the same --name goes on with what a crash, a Ctrl-C or a halt left"],
          ["exit code", "0, or 1 if a task failed; others as of every verb"],
        ],
      ],
    ],
    letters: { a: "arg-file", "0": "null", d: "delimiter", C: "colsep", n: "max-args", k: "keep-order", P: "concurrency" },
    wording: {
      "dry-run": { describe: "Print the commands, quoted for a shell, and run nothing" },
      name: {
        value: "NAME",
        describe: "Name of the job: the same command with it goes on where it stopped (default: a new one)",
      },
      after: { value: "SCRIPT", describe: "A task behind all others, run with sh -c if they have completed" },
    },
    examples: [
      ["seq 1000 | air-executor map -- python process.py --shard {}", "a line, a task; as many at once as there are cores"],
      ["air-executor map gzip -9 ::: *.log", "without a placeholder the input stands at the end"],
      ["find . -name '*.png' -print0 | air-executor map -0 convert {} {.}.jpg", "any file name is one argument"],
      ["air-executor map --shell 'zcat {} | sort > {.}.sorted' :::: list", "through a shell; the input is quoted for it"],
      ["air-executor map -k echo {1}-{2} ::: a b ::: 1 2 3", "all combinations, output in order; :::+ goes in pairs"],
      ["air-executor map --header curl -o {name} {url} :::: sites.csv", "columns by their names"],
      [
        "cat big.csv | air-executor map --pipe --header --block 10M ./count",
        "pieces of standard input, each the stdin of a task",
      ],
      [
        "air-executor map --name s --before ./prepare --after ./merge ./shard {} ::: $(seq 8)",
        "prepare, shards, merge; again: goes on",
      ],
    ],
    load: () => import("./commands/map.js"),
    runsTasks: true,
  },
  {
    name: "submit",
    usage: "submit FILE",
    describe: "Give a job to the manager, and don't wait for it",
    args: { FILE: "A job file (JSON or YAML), or - for standard input" },
    options: ["name", "set", "yes"],
    examples: [["air-executor submit pipeline.yaml", "the manager runs it; if none is there yet, the next one"]],
    load: () => import("./commands/submit.js"),
  },
  {
    name: "add",
    usage: "add JOB [FILE] [-- COMMAND…]",
    describe: "Add tasks to a job, also while it runs",
    args: { JOB: "Name of a job", FILE: "A job file with the tasks (JSON or YAML), or - for standard input" },
    rest: "command",
    options: ["id", "after", "set", "yes"],
    examples: [
      ["air-executor add pipeline --id report --after merge -- ./report.sh", "one task; it may depend on any task of the job"],
      ["air-executor add pipeline more.yaml", "those of a file; they may depend on each other too"],
      ['air-executor add "$AIR_EXECUTOR_JOB" --id next -- ./next.sh', "from inside a task, to its own job"],
    ],
    load: () => import("./commands/add.js"),
  },
  {
    name: "retry",
    usage: "retry JOB [TASK…]",
    describe: "Run failed, skipped and cancelled tasks again; what completed stays completed",
    args: { JOB: "Name of a job", TASK: "Ids of tasks: only these, and what was skipped for them (default: all)" },
    rest: "argument",
    options: ["from", "concurrency", "memory", "gpus", "pool", "grace-period", "durability"],
    examples: [
      ["air-executor retry pipeline", "where it runs, else here; edits of these tasks in tasks.json are taken up here"],
      ["air-executor retry pipeline --from merge", "merge and all behind it, also what completed"],
    ],
    load: () => import("./commands/retry.js"),
  },
  {
    name: "cancel",
    usage: "cancel JOB [TASK…]",
    describe: "End a job, or some of its tasks, wherever it runs",
    args: { JOB: "Name of a job", TASK: "Ids of tasks (default: the whole job)" },
    rest: "argument",
    options: ["grace-period"],
    examples: [["air-executor cancel pipeline strip-3", "what depends on it is skipped; the rest goes on"]],
    load: () => import("./commands/cancel.js"),
  },
  {
    name: "rm",
    usage: "rm JOB",
    describe: "Remove a job with its logs and earlier runs; one that runs is ended first",
    args: { JOB: "Name of a job" },
    options: ["grace-period"],
    examples: [["air-executor rm pipeline", "there is no way back"]],
    load: () => import("./commands/rm.js"),
  },
  {
    name: "prune",
    usage: "prune",
    describe: "Remove ended jobs and earlier runs by age and count",
    args: {},
    options: ["older-than", "keep", "dry-run"],
    examples: [
      ["air-executor prune --older-than 30d", "what ended longer ago; unfinished jobs are never touched"],
      ["air-executor prune --keep 3 --dry-run", "show what would go if each job kept its three last runs"],
      ["air-executor prune --older-than 7d --keep 1", "old ones, but of each job the last run"],
    ],
    load: () => import("./commands/prune.js"),
  },
  {
    name: "start",
    usage: "start",
    describe: "Start the manager: it runs every job that is dropped into the directory",
    args: {},
    options: ["foreground", "concurrency", "memory", "gpus", "pool", "grace-period", "durability"],
    examples: [
      ["air-executor start", "in the background; its log is manager.log in the directory"],
      ["air-executor start --foreground", "here, until Ctrl-C"],
      ["air-executor start --pool licence=3", "of all tasks that take one licence, three at once"],
    ],
    load: () => import("./commands/start.js"),
  },
  {
    name: "stop",
    usage: "stop",
    describe: "Stop the manager; what it interrupts goes on at the next start",
    args: {},
    options: [],
    examples: [["air-executor stop", "waits until it is gone"]],
    load: () => import("./commands/stop.js"),
  },
  {
    name: "validate",
    usage: "validate FILE",
    describe: "Check a job file: every fault at once, each with its place",
    args: { FILE: "A job file (JSON or YAML), or - for standard input" },
    options: ["pool", "set", "yes"],
    examples: [["air-executor validate pipeline.yaml", "exit code 0 if it could be run, else 2"]],
    load: () => import("./commands/validate.js"),
  },
  {
    name: "status",
    usage: "status [JOB]",
    describe: "Show what is where: all jobs, or one and its tasks",
    args: { JOB: "Name of a job" },
    options: ["all", "run"],
    examples: [
      ["air-executor status", "all jobs"],
      ["air-executor status pipeline --all", "one job with every task"],
      ["air-executor status pipeline --json", "the same for a script, as the files say it"],
    ],
    load: () => import("./commands/status.js"),
  },
  {
    name: "why",
    usage: "why JOB [TASK]",
    describe: "Say why a job or a task is in the state it is in: what it waits for, what its time went to",
    args: { JOB: "Name of a job", TASK: "Id of a task (default: the job as a whole)" },
    options: ["run"],
    examples: [
      ["air-executor why pipeline", "what it waits for now, or what its time went to: its critical path"],
      ["air-executor why pipeline merge", "what the task waited for, what held it back, what each attempt did"],
    ],
    load: () => import("./commands/why.js"),
  },
  {
    name: "watch",
    usage: "watch [JOB]",
    describe: "Show the same live, until the job has ended",
    args: { JOB: "Name of a job (default: all jobs, until Ctrl-C)" },
    options: ["all"],
    examples: [["air-executor watch pipeline", "drawn again on a terminal, printed again when it changed elsewhere"]],
    load: () => import("./commands/watch.js"),
  },
  {
    name: "logs",
    usage: "logs JOB [TASK]",
    describe: "Show what tasks wrote",
    args: { JOB: "Name of a job", TASK: "Id of a task (default: all tasks, each line with its task in front)" },
    options: ["follow", "attempt", "run"],
    examples: [
      ["air-executor logs pipeline merge", "what one task wrote"],
      ["air-executor logs pipeline -f", "all tasks, and what is still to come"],
      ["air-executor logs pipeline merge --attempt 1", "an earlier attempt"],
    ],
    load: () => import("./commands/logs.js"),
  },
  {
    name: "graph",
    usage: "graph SOURCE",
    describe: "Draw what depends on what",
    args: { SOURCE: "A job file, - for standard input, or the name of a job" },
    options: ["format", "run", "set", "yes"],
    examples: [
      ["air-executor graph pipeline.yaml", "as text, level by level"],
      ["air-executor graph pipeline --format mermaid", "for a Markdown page, with the colours of what became of it"],
      ["air-executor graph pipeline.yaml --format dot | dot -Tsvg > pipeline.svg", "with Graphviz"],
    ],
    load: () => import("./commands/graph.js"),
  },
  {
    name: "bench",
    usage: "bench FILE",
    describe: "Measure a job over a sweep: how many shards, how many at a time, where the time goes",
    args: { FILE: "A job file (JSON or YAML)" },
    options: [
      "concurrency",
      "set",
      "repeat",
      "warmup",
      "budget",
      "compare",
      "fail-above",
      "prepare",
      "cleanup",
      "name",
      "seed",
      "yes",
      "grace-period",
      "durability",
    ],
    wording: {
      concurrency: {
        value: "N,…",
        describe: "Tasks at once, each in turn: numbers, shares of the cores (50%) or multiples (2x). Default: 1, 2, 4 … cores",
      },
      set: {
        value: "PARAM=V,…",
        describe: "Values of a param of the job, each in turn, with every other; may be given again",
      },
    },
    examples: [
      ["air-executor bench pipeline.yaml", "with 1, 2, 4 … tasks at once, up to the number of cores"],
      ["air-executor bench pipeline.yaml -j 1,2,4 --set shards=1,2,4,8", "every combination, five runs each, in changing order"],
      ["air-executor bench pipeline.yaml -j 1,2 --budget 300", "five minutes in all, spent where the answer is least certain"],
      ["air-executor bench pipeline.yaml --compare result.json --fail-above 10%", "against an earlier result, for CI"],
      [
        "air-executor bench pipeline.yaml --prepare 'rm -rf work' --json > result.json",
        "from a clean place each time; all that was measured",
      ],
    ],
    load: () => import("./commands/bench.js"),
    runsTasks: true,
  },
  {
    name: "report",
    usage: "report SOURCE",
    describe: "Write a page of a run or a bench: what ran when, the critical path, what failed",
    args: { SOURCE: "Name of a job or a bench, or the result that a bench left" },
    options: ["run", "output"],
    examples: [
      ["air-executor report pipeline", "pipeline-report.html: one file, which needs no network"],
      ["air-executor report pipeline --run pipeline-1795362687 --output earlier.html", "an earlier run"],
      ["air-executor report .air-executor/bench/pipeline-1795362687/result.json", "a bench"],
    ],
    load: () => import("./commands/report.js"),
  },
  {
    name: "init",
    usage: "init [DIRECTORY]",
    describe: "Put the guide's helper scripts and an example into a directory",
    args: { DIRECTORY: "Where to (default: the current directory)" },
    options: [],
    examples: [
      [
        "air-executor init",
        "create_job.sh, status.sh, start-dev.sh, stop-dev.sh, example_python_usage.py and examples/pipeline.yaml",
      ],
    ],
    load: () => import("./commands/init.js"),
  },
];
