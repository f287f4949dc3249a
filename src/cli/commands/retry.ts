/**
 * `retry JOB [TASK…]`: runs tasks again that have ended. Where the job runs it goes on there and this command comes back at once; else it
 * runs here, in the foreground.
 */

import { viewJob, viewPaths, type RetryWish } from "../../index.js";
import type { Call } from "../command.js";
import { runInForeground } from "../foreground.js";
import { requireJob } from "../job-source.js";
import { formatTasks } from "../render/figures.js";
import { summaryJson } from "../render/job-json.js";
import { printableLine } from "../render/printable.js";
import { commandText, placeOption } from "../shell-word.js";

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
  let again: readonly string[] = [];
  return runInForeground(call, {
    dir,
    read: async () => ({
      tasks: 0,
      begin: async (executor) => {
        const { isOver } = viewJob(viewPaths(dir, name), name, { withTasks: false });
        const { tasks, job } = await executor.retry(name, wish);
        again = tasks;
        const where = job === null ? " where the job runs" : "";
        if (!settings.isOn("quiet")) {
          const what =
            tasks.length === 0
              ? "nothing to run again"
              : `${formatTasks(tasks.length)} ${tasks.length === 1 ? "runs" : "run"} again${where}`;
          const more = !isOver && job !== null ? "; it is unfinished and goes on" : "";
          terminal.err.write(`${printableLine(name)}: ${what}${more}\n`);
        }
        if (job === null && settings.isOn("json")) {
          terminal.out.write(`${JSON.stringify({ job: name, tasks, summary: null })}\n`);
        }
        return job;
      },
    }),
    resume: (job) => commandText("retry", [job], placeOption(settings)),
    toJson: (summary) => ({ job: name, tasks: again, summary: summaryJson(summary) }),
  });
}
