/** `prune`: removes ended jobs, earlier runs and benches, by age and count. Nothing else deletes but `rm`. */

import type { AirExecutor, PrunedRun } from "../../index.js";
import type { Call } from "../command.js";
import { withExecutor } from "../open-executor.js";
import { exitCode } from "../exit-codes.js";
import { formatCount, formatTime } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { isThere } from "../../system/look/path-look.js";
import { warnOn } from "../terminal/warn.js";
import { UsageError } from "../command-line/usage-error.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { settings, terminal } = call;
  const [olderThanMs, keep, dryRun] = [settings.age(), settings.keep(), settings.isOn("dry-run")];
  if (olderThanMs === null && keep === null) throw new UsageError("what to remove is missing: --older-than, --keep, or both");
  let pruned: readonly PrunedRun[] = [];
  const warn = warnOn(terminal);
  let warnings = 0;
  const prune = async (executor: AirExecutor): Promise<void> => {
    warnings = 0;
    pruned = await executor.prune({ ...(olderThanMs !== null && { olderThanMs }), ...(keep !== null && { keep }), dryRun });
  };
  if (isThere(settings.dir())) {
    await withExecutor(call, null, prune, (message) => {
      warnings += 1;
      warn(message);
    });
  }
  if (settings.isOn("json")) {
    terminal.out.write(jsonLine({ removed: pruned.map(toJson), dry_run: dryRun }));
  } else {
    for (const { job, run, isJob, isBench, completedAt } of pruned) {
      const what = isBench ? "bench" : isJob ? "the job, run" : "run";
      terminal.out.write(`${printableLine(job)}  ${what} ${printableLine(run)}, ended ${formatTime(completedAt)}\n`);
    }
    const benches = pruned.filter(({ isBench }) => isBench).length;
    const runs = pruned.length - benches;
    const count = [
      ...(runs > 0 || benches === 0 ? [`${formatCount(runs)} ${runs === 1 ? "run" : "runs"}`] : []),
      ...(benches > 0 ? [`${formatCount(benches)} ${benches === 1 ? "bench" : "benches"}`] : []),
    ].join(" and ");
    if (!settings.isOn("quiet")) terminal.err.write(`${count} ${dryRun ? "would be removed" : "removed"}\n`);
  }
  // Said then, what could not be removed.
  return warnings > 0 ? exitCode.environment : exitCode.completed;
}

function toJson({ job, run, isJob, isBench, completedAt }: PrunedRun): object {
  return { job, run, is_job: isJob, is_bench: isBench, completed_at: new Date(completedAt).toISOString() };
}
