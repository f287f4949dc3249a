/**
 * What the last word of an unfinished command line may become: verbs, options, their values, names of jobs and tasks. Looks at the files of
 * the directory and changes nothing. For the scripts that shells load; never complains.
 */

import { listJobs, listRuns, viewJob, viewPaths } from "../../index.js";
import { allOptions, commonOptions, type OptionName } from "../command-line/options.js";
import type { VerbWords } from "../command-line/verb-words.js";
import { shells } from "./scripts.js";

export interface Candidate {
  readonly word: string;
  readonly describe: string;
}

/** What stands for the names of files, which the shell knows best. */
export const FILES = ":files";

/** Of jobs with more tasks the first of those that fit are enough to choose from. */
const MOST = 500;
const FILE_OPTIONS: readonly string[] = ["dir", "cwd", "arg-file", "joblog", "output", "compare"];

type Found = readonly (Candidate | typeof FILES)[];

/** @param words what stands behind the name of the command, the last one perhaps unfinished or empty. */
export function complete(words: readonly string[], verbs: readonly VerbWords[], env: NodeJS.ProcessEnv): Found {
  const current = words.at(-1) ?? "";
  const { verb, given, values } = readBefore(words.slice(0, -1), verbs);
  const dir = values.get("dir") ?? env["AIR_EXECUTOR_DIR"] ?? ".air-executor";
  const fitting = (candidates: readonly Candidate[]): Found =>
    candidates.filter(({ word }) => word.startsWith(current)).slice(0, MOST);
  const open = optionThatWaits(words.at(-2), verb);
  if (open !== null) return valuesOf(open, { dir, job: given[0] ?? null }, fitting);
  if (verb === null) return current.startsWith("-") ? fitting(optionsOf(Object.keys(commonOptions))) : fitting(verbs.map(ofVerb));
  if (verb.rest === "line" && given.length > 0) return [FILES];
  if (current.startsWith("-")) return fitting(optionsOf([...verb.options, ...Object.keys(commonOptions)], verb));
  if (verb.rest === "line") return [FILES];
  const names = Object.keys(verb.args);
  const name = names[Math.min(given.length, verb.rest === "argument" ? names.length - 1 : given.length)];
  return name === undefined ? [] : argumentsOf(name, { dir, job: given[0] ?? null }, fitting);
}

interface Place {
  readonly dir: string;
  readonly job: string | null;
}

type Fitting = (candidates: readonly Candidate[]) => Found;

/** The verb, the arguments and the values of options that are there already. */
function readBefore(
  words: readonly string[],
  verbs: readonly VerbWords[],
): { verb: VerbWords | null; given: string[]; values: Map<string, string> } {
  let verb: VerbWords | null = null;
  const given: string[] = [];
  const values = new Map<string, string>();
  for (let place = 0; place < words.length; place++) {
    const word = words[place]!;
    const option = verb?.rest === "line" && given.length > 0 ? null : optionThatWaits(word, verb);
    const [, name, value] = /^--([^=]+)=([\s\S]*)$/.exec(word) ?? [];
    if (option !== null) values.set(option, words[++place] ?? "");
    else if (name !== undefined && value !== undefined) values.set(name, value);
    else if (word.startsWith("-") && given.length === 0) continue;
    else if (verb === null) verb = verbs.find((each) => each.name === word) ?? null;
    else if (!word.startsWith("-")) given.push(word);
  }
  return { verb, given, values };
}

/** The option of which the next word is the value. */
function optionThatWaits(word: string | undefined, verb: VerbWords | null): OptionName | null {
  if (word === undefined) return null;
  const names = Object.keys(allOptions) as OptionName[];
  const own = word.length === 2 ? verb?.letters?.[word[1]!] : undefined;
  const name = own ?? names.find((each) => word === `--${each}` || word === `-${allOptions[each].alias}`);
  return name !== undefined && allOptions[name].type === "string" ? name : null;
}

function valuesOf(option: OptionName, { dir, job }: Place, fitting: Fitting): Found {
  const { choices } = allOptions[option];
  if (choices !== undefined) return fitting(choices.map((word) => ({ word, describe: "" })));
  if (option === "name") return fitting(jobsOf(dir));
  if (option === "from" || option === "after") return fitting(tasksOf(dir, job));
  if (option === "run" && job !== null) return fitting(listRuns(dir, job).map((word) => ({ word, describe: "an earlier run" })));
  return FILE_OPTIONS.includes(option) ? [FILES] : [];
}

function argumentsOf(name: string, { dir, job }: Place, fitting: Fitting): Found {
  if (name === "JOB") return fitting(jobsOf(dir));
  if (name === "TASK") return fitting(tasksOf(dir, job));
  if (name === "SHELL") return fitting(shells.map((word) => ({ word, describe: "" })));
  if (name === "SOURCE") return [...fitting(jobsOf(dir)), FILES];
  return /FILE|DIRECTORY|OUTPUT/.test(name) ? [FILES] : [];
}

function ofVerb({ name, describe }: VerbWords): Candidate {
  return { word: name, describe };
}

function optionsOf(names: readonly string[], verb: VerbWords | null = null): Candidate[] {
  const options = names.map((name) => ({
    word: `--${name}`,
    describe: (verb?.wording?.[name as OptionName] ?? allOptions[name as OptionName]).describe,
  }));
  return [...options, { word: "--help", describe: "Show what there is, with examples" }];
}

function jobsOf(dir: string): Candidate[] {
  return listJobs(dir).map((word) => ({ word, describe: "job" }));
}

function tasksOf(dir: string, job: string | null): Candidate[] {
  if (job === null || !listJobs(dir).includes(job)) return [];
  const { tasks } = viewJob(viewPaths(dir, job), job, { withTasks: true });
  return (tasks ?? []).map(({ id, status = "pending" }) => ({ word: id, describe: status }));
}
