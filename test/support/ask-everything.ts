/**
 * Asks for everything that can be asked of the jobs of a directory, one after another, and says as JSON lines what came of it. Started by a
 * test that wants to see that nothing hangs: in a process of its own, for what hangs there would hang the test.
 */

import { AirError, AirExecutor, listRuns, viewJob, viewPaths } from "../../src/index.js";
import { logPathOf, readLogEnd } from "../../src/cli/log-file.js";
import { codeOf, isSystemError } from "../../src/system/look/error-code.js";
import { askToExplain, glanceAt } from "../../src/internal.js";

/** A line of the output. */
export interface Asked {
  readonly job: string;
  readonly verb: string;
  /** Null if all went well. `code` is the system's for one of its errors, and empty for one that is none of ours. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

function look(base: string, job: string): void {
  const view = viewJob(viewPaths(base, job), job, { withTasks: true });
  for (const task of view.tasks ?? []) {
    const log = logPathOf(view, task);
    if (log !== null) readLogEnd(log, 1000);
  }
  listRuns(base, job);
  glanceAt(base, job);
}

async function ask(job: string, verb: string, act: () => unknown): Promise<void> {
  let error: Asked["error"] = null;
  process.stdout.write(`${JSON.stringify({ job, verb, error: { code: "hangs", message: "" } })}\n`);
  try {
    await act();
  } catch (thrown) {
    const { message, stack = message } = thrown as Error;
    const isOurs = thrown instanceof AirError;
    error = { code: isOurs || isSystemError(thrown) ? codeOf(thrown) : "", message: isOurs ? message : stack };
  }
  process.stdout.write(`${JSON.stringify({ job, verb, error } satisfies Asked)}\n`);
}

/** Where that is refused there is nothing more to ask. */
async function openAt(dir: string): Promise<AirExecutor> {
  let opened: AirExecutor | null = null;
  await ask("all", "open", async () => {
    opened = await AirExecutor.open({ dir, patienceMs: 1000 });
  });
  return opened ?? process.exit(0);
}

const [, , base = "", ...given] = process.argv;
const HELD = "held:";
const jobs = given.filter((job) => !job.startsWith(HELD));
const executor = await openAt(base);
for (const job of given.filter((each) => each.startsWith(HELD)).map((each) => each.slice(HELD.length))) {
  await ask(job, "look", () => look(base, job));
  await ask(job, "explain", () => askToExplain(base, job));
  await ask(job, "retry", () => executor.retry(job));
  await ask(job, "add", () => executor.add(job, [{ id: "first", command: "true" }]));
}
const runs = `${base}/jobs`;
for (const job of jobs) {
  await ask(job, "look", () => look(base, job));
  await ask(job, "add", () => executor.add(job, [{ id: "more", command: "true" }]));
  await ask(job, "run", async () => (await executor.takeUp(`${runs}/${job}`)).finished());
  await ask(job, "retry", async () => (await executor.retry(job)).job?.finished());
  await ask(job, "cancel", () => executor.cancel(job));
}
await ask("all", "prune", () => executor.prune({ keep: 1, dryRun: true }));
for (const job of jobs) await ask(job, "rm", () => executor.remove(job));
await executor.close();
