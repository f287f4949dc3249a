/** Keys of other tools for which there is none here, and how the same is said. Shown beside a key that is unknown, never acted on. */

const ANYWAY = "what is to run although this fails has `trigger_rule: all_done`";
const AFTER_ALL = "write a task that depends on all, with `trigger_rule: any_failed` or `all_done`";
const NO_FILES = "no file is looked at, so say in `dependencies` what comes before";
const NO_CLOCK = "nothing is started by the clock, but cron can start `air-executor run FILE`";
const SHELL = "a line for a shell is `command: sh` with `args: [-c, …]`";

const REMEDIES: Readonly<Record<string, string>> = {
  ...ofEach(ANYWAY, "allow_failure continue_on continue_on_error ignore_errors ignore_error"),
  ...ofEach(AFTER_ALL, "handler_on on_failure on_success on_exit notify on_failure_callback finally"),
  ...ofEach(NO_FILES, "inputs outputs output sources generates target prerequisites"),
  ...ofEach(NO_CLOCK, "schedule cron interval schedule_interval"),
  ...ofEach(SHELL, "shell bash sh"),
};

/** @param key in small letters, with `_` between words. */
export function remedyFor(key: string): string | null {
  return Object.hasOwn(REMEDIES, key) ? REMEDIES[key]! : null;
}

function ofEach(text: string, words: string): Readonly<Record<string, string>> {
  return Object.fromEntries(words.split(" ").map((word) => [word, text]));
}
