/**
 * `retry JOB [TASK…]`: runs tasks again that have ended. Where the job runs it goes on there and this command comes back at once; else it
 * runs here, in the foreground.
 */

import { viewJob, viewPaths, type RetryWish } from "../../index.js";
import { askToRetry } from "../../internal.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { requireJob } from "../job-source.js";
import { formatTasks } from "../render/figures.js";
import { summaryJson } from "../render/job-json.js";
import { printableLine } from "../render/printable.js";
import { slurmOnRecord } from "../command-line/slurm-settings.js";
import { commandText, engineOptions, placeOption } from "../shell-word.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { args, rest, settings, terminal } = call;
  const { JOB: name = "", TASK: first } = args;
  const from = settings.text("from");
  const wish: RetryWish = {
    ...(first !== undefined && { tasks: [first, ...rest] }),
    ...(from !== null && { from }),
  };
  const dir = settings.dir();
  requireJob(dir, name);
  const there = await askToRetry(directoryFromHere(dir), name, wish);
  if (there !== null) {
    sayAgain(call, there.tasks, " where the job runs", "");
    if (settings.isOn("json")) terminal.out.write(jsonLine({ job: name, tasks: there.tasks, summary: null }));
    return exitCode.completed;
  }
  // Only now it is certain that tasks run here.
  await (await import("../../preload.js")).preload();
  const { runInForeground } = await import("../foreground.js");
  let again: readonly string[] = [];
  return runInForeground(call, {
    dir,
    read: async () => ({
      tasks: 0,
      slurm: slurmOnRecord(settings, dir, name),
      begin: async (executor) => {
        const { isOver } = viewJob(viewPaths(dir, name), name, { withTasks: false });
        const { tasks, job } = await executor.retry(name, wish);
        again = tasks;
        if (tasks.length === 0 && job?.status().state === "completed") return job;
        sayAgain(
          call,
          tasks,
          job === null ? " where the job runs" : "",
          !isOver && job !== null ? "; it is unfinished and goes on" : "",
        );
        if (job === null && settings.isOn("json")) {
          terminal.out.write(jsonLine({ job: name, tasks, summary: null }));
        }
        return job;
      },
    }),
    done: (job) => (again.length > 0 ? null : `${job}: nothing to run again, for all its tasks completed`),
    over: () => null,
    resume: (job) => commandText("retry", [job], `${engineOptions(settings)}${placeOption(settings)}`),
    toJson: (summary) => ({ job: name, tasks: again, summary: summaryJson(summary) }),
  });
}

function sayAgain({ args, settings, terminal }: Call, tasks: readonly string[], where: string, more: string): void {
  if (settings.isOn("quiet")) return;
  const verb = tasks.length === 1 ? "runs" : "run";
  const what = tasks.length === 0 ? "nothing to run again" : `${formatTasks(tasks.length)} ${verb} again${where}`;
  terminal.err.write(`${printableLine(args["JOB"] ?? "")}: ${what}${more}\n`);
}
