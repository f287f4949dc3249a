/**
 * "Did you mean …?": the candidate that a mistyped word most likely stands for.
 *
 * Called for unknown keys, ids and option values, only when there is a fault. Never decides anything: its answer is shown, not
 * used.
 */

import { createRequire } from "node:module";

import type * as Leven from "leven";

/** What users of other tools write, and our words for it. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  depends_on: ["dependencies"],
  depends: ["dependencies"],
  deps: ["dependencies"],
  needs: ["dependencies"],
  after: ["dependencies"],
  requires: ["dependencies"],
  upstream: ["dependencies"],
  parents: ["dependencies"],
  cmd: ["command"],
  run: ["command"],
  exec: ["command"],
  script: ["command"],
  program: ["command"],
  arguments: ["args"],
  argv: ["args"],
  parameters: ["args"],
  params: ["args"],
  environment: ["env"],
  environ: ["env"],
  vars: ["env"],
  variables: ["env"],
  workdir: ["cwd"],
  working_dir: ["cwd"],
  working_directory: ["cwd"],
  dir: ["cwd"],
  directory: ["cwd"],
  input: ["stdin"],
  name: ["id"],
  task_id: ["id"],
  key: ["id"],
  job_name: ["name"],
  retry: ["retries"],
  retry_policy: ["retries"],
  max_retries: ["retries"],
  retry_wait: ["retry_delay"],
  delay: ["retry_delay"],
  backoff: ["retry_backoff"],
  timeout_seconds: ["timeout"],
  timeout_ms: ["timeout"],
  time_limit: ["timeout"],
  trigger: ["trigger_rule"],
  when: ["trigger_rule"],
  weight: ["priority"],
  always: ["all_done"],
  one_failed: ["any_failed"],
  all_failed: ["any_failed"],
  on_failure: ["any_failed"],
  none_failed: ["all_success"],
  success: ["all_success"],
  on_success: ["all_success"],
  steps: ["tasks"],
  jobs: ["tasks", "concurrency"],
  targets: ["tasks"],
  default: ["defaults"],
  parallelism: ["concurrency"],
  max_parallel: ["concurrency"],
  workers: ["concurrency"],
  fail_fast: ["max_failures"],
  needs_resources: ["resources"],
  requirements: ["resources"],
  limits: ["resources", "pools"],
  cpus: ["cpu"],
  cores: ["cpu"],
  threads: ["cpu"],
  mem: ["memory"],
  ram: ["memory"],
  gpus: ["gpu"],
};

const SHORTEST_WORD = 3;
const LONGEST_WORD = 200;
const MOST_EDITS = 3;
/** How many candidates are looked at, so that a call takes a fraction of a second whatever it is given. */
const MOST_CANDIDATES = 200_000;

/**
 * The candidate closest to `word`; null if none is close.
 *
 * At most a third of the word may differ, and at most three edits. A call costs a look at each candidate: who has thousands of
 * unknown words asks for the first few only.
 */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LONGEST_WORD) return null;
  const plain = normalise(word);
  const aliases = Object.hasOwn(ALIASES, plain) ? ALIASES[plain]! : [];
  // Only now: it would take a run of one short task a twentieth longer.
  const { default: leven } = createRequire(import.meta.url)("leven") as typeof Leven;
  // One edit more than allowed: leven stops counting at its limit, so that its answer tells "too far" from "just allowed".
  let limit = word.length < SHORTEST_WORD ? 1 : Math.min(MOST_EDITS, Math.floor(word.length / 3)) + 1;
  let best: string | null = null;
  let looks = 0;
  for (const candidate of candidates) {
    if (aliases.includes(candidate)) return candidate;
    if (limit === 0 || looks++ === MOST_CANDIDATES) break;
    if (Math.abs(candidate.length - plain.length) >= limit) continue;
    const edits = leven(plain, normalise(candidate), { maxDistance: limit });
    if (edits >= limit || candidate === word) continue;
    limit = edits;
    best = candidate;
  }
  return best;
}

/** `dependsOn`, `Depends-On` and `DEPENDS_ON` are all `depends_on`. */
export function normalise(word: string): string {
  return word
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll(/[- ]/g, "_")
    .toLowerCase();
}
