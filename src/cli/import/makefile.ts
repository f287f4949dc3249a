/**
 * A Makefile becomes a job: what make would run for some goals if nothing were there yet, each target a task. The real make reads it, prints
 * its rules (`-p`) and the commands as they would be run (`-n --trace`); here they are put together. Pure: run-make.ts runs it.
 *
 * What a job can't do as make does is refused with its line, before make is asked for commands: make runs recursive ones even under `-n`.
 */

import type { ImportedJob, ImportedTask, ImportFault } from "./imported-job.js";

interface Refusal {
  readonly pattern: RegExp;
  readonly message: string;
}

/** What may stand before a variable: the target that it is for, and words about it. */
const OF_TARGET = String.raw`(?:[^\t#=:][^#=:]*: *)`;
const ABOUT = String.raw`(?:(?:override|private) +)*`;

const REFUSALS: readonly Refusal[] = [
  { pattern: /^\t.*\$[({]MAKE[)}]/, message: "a recursive make has no tasks of its own: import its Makefile and join the two" },
  { pattern: /^\t[@-]*\+/, message: "a command that runs under -n too (+) has no equivalent: leave the + out" },
  { pattern: /^ *\.ONESHELL\s*:/, message: ".ONESHELL has no equivalent: put the lines into a script" },
  { pattern: /^ *\.IGNORE\s*:/, message: ".IGNORE has no equivalent: put a - before the commands that may fail" },
  {
    pattern: /^ *\.NOTPARALLEL\s*:/,
    message: ".NOTPARALLEL has no equivalent: say what depends on what, or run the job with -j 1",
  },
  { pattern: /^ *\.EXPORT_ALL_VARIABLES\s*:/, message: "exported variables are not imported: put them into the job's `env`" },
  // Behind a tab it may be a command: then something follows it.
  {
    pattern: /^(?: *|\t(?!.*(?:;|&&))\s*)(?:un)?export\b(?!\s*:(?!=))/,
    message: "exported variables are not imported: put them into the job's `env`",
  },
  {
    pattern: new RegExp(`^${OF_TARGET}${ABOUT}(?:un)?export [^#]*=`),
    message: "exported variables are not imported: put them into the job's `env`",
  },
  {
    pattern: new RegExp(String.raw`^(?:${OF_TARGET}|\s*)${ABOUT}(?:SHELL|\.SHELLFLAGS)\s*[:?+!]*=`),
    message: "another shell has no equivalent: call it in the commands",
  },
  { pattern: /^[^\t#=:$]+::(?!=)/, message: "a rule with two colons has no equivalent: write it with one" },
];

export function refusalsIn(file: string, text: string): ImportFault[] {
  return text.split("\n").flatMap((line, index) => {
    const refusal = REFUSALS.find(({ pattern }) => pattern.test(line));
    return refusal === undefined ? [] : [{ place: `${file}:${index + 1}`, message: refusal.message }];
  });
}

export interface FilesRead {
  readonly files: readonly string[];
  /** What is included and not there: what has to be, and what need not (`-include`). */
  readonly missing: readonly string[];
  readonly optional: readonly string[];
}

/** @param printed by `make --debug=v`, with a line of `mark` and all that was read, the last being what had it printed. Null without that line. */
export function filesRead(printed: string, mark: string): FilesRead | null {
  const list = printed.split("\n").findLast((line) => line.startsWith(`${mark} `));
  if (list === undefined) return null;
  const words = list.trim().split(/\s+/).slice(1);
  const tried = [...printed.matchAll(/^Reading makefile '(.+?)'(.*)\.\.\.$/gm)].map(([, file = "", how = ""]) => ({ file, how }));
  // What lies in a directory of includes is listed with that.
  const absent = tried.filter(({ file }) => !words.some((word) => word === file || word.endsWith(`/${file}`)));
  const isOptional = ({ how }: { how: string }): boolean => how.includes("(don't care)");
  return {
    files: words.slice(0, -1),
    missing: absent.filter((each) => !isOptional(each)).map(({ file }) => file),
    optional: absent.filter(isOptional).map(({ file }) => file),
  };
}

const TRACE = /^(?:.+?:\d+|<builtin>): (?:update target '(.+)' due to: .*|target '(.+)' does not exist)$/;

/** @param printed by `make -n -B --trace -p`. */
export function readMakeOutput(printed: string): { readonly job: ImportedJob; readonly faults: readonly ImportFault[] } {
  const split = printed.indexOf("\n# GNU Make ");
  const rules = readRules(printed.slice(split));
  const commands = readCommands(printed.slice(0, split));
  const faults: ImportFault[] = [];
  const tasks = [...commands].map(([target, lines]): ImportedTask => {
    const rule = rules.get(target);
    const { isSure, mayFail } = prefixesOf(rule?.recipe ?? [], lines.length);
    if (!isSure)
      faults.push({
        place: rule?.place ?? target,
        message: "which of its commands may fail (-) can't be told: write one command a line",
      });
    const { command, args } = commandOf(lines, mayFail);
    return { id: target, command, args, dependencies: dependenciesOf(target, rules, commands) };
  });
  return { job: { name: null, tasks }, faults };
}

/** What make would run for each target, line by line, in its order. */
function readCommands(text: string): ReadonlyMap<string, readonly string[]> {
  const commands = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of logicalLines(text)) {
    const [, updated, missing] = TRACE.exec(line) ?? [];
    const target = updated ?? missing;
    if (target !== undefined) commands.set(target, (lines = []));
    else if (line.trim() !== "" && !/^make(?:\[\d+\])?: /.test(line)) lines.push(line);
  }
  return new Map([...commands].filter(([, each]) => each.length > 0));
}

interface Rule {
  readonly needs: readonly string[];
  readonly recipe: readonly string[];
  readonly place: string;
}

/** The rules of what make prints with `-p`: a target's prerequisites, also those that only come before it, and its recipe. */
function readRules(text: string): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const block of text.slice(Math.max(0, text.indexOf("\n# Files"))).split(/\n\n+/)) {
    if (block.startsWith("# Not a target")) continue;
    const [, target, needs] = /^([^#\s][^:\n]*?)::?(?: (.*))?$/m.exec(block) ?? [];
    if (target === undefined) continue;
    const [, file = "", line = ""] = /^# {2}recipe to execute \(from '(.*)', line (\d+)\):$/m.exec(block) ?? [];
    const recipe = logicalLines(
      block
        .split("\n")
        .filter((each) => each.startsWith("\t"))
        .map((each) => each.slice(1))
        .join("\n"),
    );
    rules.set(target, {
      needs: (needs ?? "").split(/\s+/).filter((need) => need !== "" && need !== "|"),
      recipe,
      place: `${file}:${line}`,
    });
  }
  return rules;
}

/** A line that ends with a backslash goes on in the next. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let isOpen = false;
  for (const line of text.split("\n")) {
    if (isOpen) lines[lines.length - 1] += `\n${line}`;
    else lines.push(line);
    isOpen = /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
  }
  return lines;
}

/** Which commands may fail: make prints them without the mark, so the recipe has to have as many. */
function prefixesOf(
  recipe: readonly string[],
  count: number,
): { readonly isSure: boolean; readonly mayFail: readonly boolean[] } {
  const marks = recipe.filter((line) => line.trim() !== "").map((line) => (/^\s*[@+-]*/.exec(line)?.[0] ?? "").includes("-"));
  if (marks.length === count) return { isSure: true, mayFail: marks };
  return { isSure: !marks.includes(true), mayFail: Array.from({ length: count }, () => false) };
}

/** Each line of a recipe has a shell of its own, and the first that fails ends it. */
function commandOf(lines: readonly string[], mayFail: readonly boolean[]): Pick<ImportedTask, "command" | "args"> {
  const [only] = lines;
  if (only !== undefined && lines.length === 1 && mayFail[0] !== true) return { command: "sh", args: ["-c", only] };
  const parts = lines.map((line, index) => `(\n${line}\n)${mayFail[index] === true ? " || :" : ""}`);
  return { command: "sh", args: ["-ec", parts.join("\n")] };
}

/** Those that have commands; behind those that have none, what they need. */
function dependenciesOf(target: string, rules: ReadonlyMap<string, Rule>, commands: ReadonlyMap<string, unknown>): string[] {
  const found = new Set<string>();
  const seen = new Set([target]);
  const rest = [...(rules.get(target)?.needs ?? [])];
  for (let need = rest.shift(); need !== undefined; need = rest.shift()) {
    if (seen.has(need)) continue;
    seen.add(need);
    if (commands.has(need)) found.add(need);
    else rest.push(...(rules.get(need)?.needs ?? []));
  }
  return [...found];
}
