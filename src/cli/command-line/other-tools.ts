/** What users of other tools type by habit, and what stands for it here. Shown where a word is unknown, never acted on. */

const PROGRESS = "progress is shown by itself on a terminal";
const INPUTS_OF_A_TASK = "several inputs for each task are --max-args N (-n)";
const SLOTS = "tasks at once are --concurrency N (-j)";
const GOES_ON = "the same command goes on with what is unfinished";
const NO_STOP = "what does not depend on a failed task is run all the same";

type Advice = Readonly<Record<string, string>>;

const verbs: Advice = {
  ...ofEach("status", "list ls ps jobs show info tasks"),
  ...ofEach("watch", "top monitor ui"),
  ...ofEach("logs", "log tail follow output"),
  ...ofEach("run", "exec execute make resume continue"),
  ...ofEach("map", "parallel xargs each foreach"),
  ...ofEach("submit", "create enqueue queue trigger"),
  ...ofEach("start", "serve server daemon up scheduler"),
  ...ofEach("stop", "down shutdown quit"),
  ...ofEach("cancel", "kill abort terminate"),
  ...ofEach("retry", "rerun restart"),
  ...ofEach("rm", "delete remove del"),
  ...ofEach("prune", "clean cleanup gc"),
  ...ofEach("validate", "check lint verify"),
  ...ofEach("graph", "dag plot"),
  ...ofEach("why", "explain describe"),
  ...ofEach("--version", "version"),
};

/** By verb, then by the option without its hyphens. */
const options: Readonly<Record<string, Advice>> = {
  map: {
    ...ofEach(PROGRESS, "bar eta progress"),
    ...ofEach(SLOTS, "jobs max-procs"),
    ...ofEach(INPUTS_OF_A_TASK, "N L X m max-lines max-replace-args xargs"),
    ...ofEach("give the batch a --name: the same command with it goes on", "resume"),
    ...ofEach("`air-executor retry NAME` runs again what failed", "resume-failed retry-failed"),
    ...ofEach("what each task printed is kept: `air-executor logs NAME`, and in its directory", "results res"),
    ...ofEach("the input stands where {} does", "I i replace"),
    ...ofEach("output in whole lines, as it comes, is --line-buffer", "u ungroup lb linebuffer"),
    ...ofEach("output comes task by task without it", "group"),
    ...ofEach("--dry-run prints the commands, and why NAME TASK that of one", "t v verbose"),
    ...ofEach("without any input nothing is run", "r no-run-if-empty"),
    ...ofEach("an order by chance is --shuffle SEED", "shuf"),
    ...ofEach("as many as --resources memory=SIZE leaves room for run at once", "memfree memsuspend"),
    ...ofEach("there is no such thing; tasks have the niceness of `nice air-executor …`", "nice"),
  },
  run: {
    ...ofEach(SLOTS, "jobs cores max-procs"),
    ...ofEach(NO_STOP, "k keep-going"),
    ...ofEach("`air-executor graph FILE` shows what would run", "n dry-run dryrun just-print"),
    ...ofEach("everything is run anew unless --once says otherwise", "B always-make F forceall force"),
    ...ofEach(GOES_ON, "resume continue rerun-incomplete"),
    ...ofEach("`air-executor start` runs jobs in the background", "d detach background"),
    ...ofEach("params are given with --set NAME=VALUE", "p param params config var"),
    ...ofEach("the file stands without an option: air-executor run FILE", "f file makefile snakefile"),
  },
};

/** The verb, or option, of ours; null if the word is nobody's. */
export function ourVerb(word: string): string | null {
  return find(verbs, word);
}

/** A clause; null if nothing is known of the option. @param name a long one's name, or letters. */
export function adviceOn(verb: string, name: string): string | null {
  return find(options[verb] ?? {}, name);
}

function find(advice: Advice, word: string): string | null {
  return Object.hasOwn(advice, word) ? advice[word]! : null;
}

function ofEach(text: string, words: string): Advice {
  return Object.fromEntries(words.split(" ").map((word) => [word, text]));
}
