/** `prune`: removes ended jobs and earlier runs, by age and count. Nothing else deletes but `rm`. */

import type { PrunedRun } from "../../index.js";
import type { Call } from "../command.js";
import { withExecutor } from "../open-executor.js";
import { exitCode } from "../exit-codes.js";
import { formatCount, formatTime } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { isThere } from "../../system/path-look.js";
import { UsageError } from "../usage-error.js";

export async function execute(call: Call): Promise<number> {
  const { settings, terminal } = call;
  const [olderThanMs, keep, dryRun] = [settings.age(), settings.keep(), settings.isOn("dry-run")];
  if (olderThanMs === null && keep === null) throw new UsageError("what to remove is missing: --older-than, --keep, or both");
  let pruned: readonly PrunedRun[] = [];
  if (isThere(settings.dir())) {
    await withExecutor(call, async (executor) => {
      pruned = await executor.prune({ ...(olderThanMs !== null && { olderThanMs }), ...(keep !== null && { keep }), dryRun });
    });
  }
  if (settings.isOn("json")) {
    terminal.out.write(`${JSON.stringify({ removed: pruned.map(toJson), dry_run: dryRun })}\n`);
  } else {
    for (const { job, run, isJob, completedAt } of pruned) {
      const what = isJob ? "the job, run" : "run";
      terminal.out.write(`${printableLine(job)}  ${what} ${printableLine(run)}, ended ${formatTime(completedAt)}\n`);
    }
    const count = `${formatCount(pruned.length)} ${pruned.length === 1 ? "run" : "runs"}`;
    if (!settings.isOn("quiet")) terminal.err.write(`${count} ${dryRun ? "would be removed" : "removed"}\n`);
  }
  return exitCode.completed;
}

function toJson({ job, run, isJob, completedAt }: PrunedRun): object {
  return { job, run, is_job: isJob, completed_at: new Date(completedAt).toISOString() };
}
