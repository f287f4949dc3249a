/** `run FILE|DIR|-`: runs one job in the foreground, to its end. */

import { statSync } from "node:fs";
import { basename } from "node:path";
import { baseOfDropped, machinePools, readJobFile, viewJob, viewPaths } from "../../index.js";
import type { Call } from "../command.js";
import { engineLimits } from "../command-line/engine-options.js";
import { fileWishes } from "../file-wishes.js";
import { isPart, partOf, takePart } from "../command-line/job-part.js";
import { slurmOnRecord } from "../command-line/slurm-settings.js";
import { runInForeground } from "../foreground.js";
import { jobNameOf } from "../job-source.js";
import { matricesOf, matrixText } from "../render/matrix-text.js";
import { commandText, engineOptions, placeOption, quoteForShell } from "../shell-word.js";
import { isEndedMap, mapAgain } from "../waits-for.js";
import type { Settings } from "../command-line/settings.js";
import { UsageError } from "../command-line/usage-error.js";
import { directoryFromHere } from "../../system/look/current-directory.js";

export async function execute(call: Call): Promise<number> {
  const { args, settings } = call;
  const { FILE: file = "" } = args;
  const isDropped = isDirectory(file);
  const dir = isDropped ? baseOfDropped(file) : settings.dir();
  return runInForeground(call, {
    dir,
    read: async () => {
      if (isDropped) {
        refuseOfFiles(settings, file);
        return {
          tasks: 0,
          slurm: slurmOnRecord(settings, dir, basename(directoryFromHere(file))),
          begin: (executor) => executor.takeUp(directoryFromHere(file)),
        };
      }
      const whole = await readJobFile(file, {
        pools: (asked, { slurm }) => machinePools(engineLimits(settings, slurm))(asked),
        longestMs: ({ slurm }) => engineLimits(settings, slurm).longestMs ?? Infinity,
        ...fileWishes(settings, call.terminal),
      });
      const spec = takePart(whole, partOf(settings), file);
      const name = jobNameOf(spec, file, settings.text("name"));
      const options = { owner: "run", fresh: settings.isOn("fresh"), once: settings.isOn("once") } as const;
      if (options.fresh && options.once) throw new UsageError("--fresh and --once: one of them is enough");
      if (!settings.isOn("quiet")) call.terminal.err.write(matrixText(matricesOf(spec.tasks)));
      return { tasks: spec.tasks.length, slurm: spec.slurm, begin: (executor) => executor.submitChecked(name, spec, options) };
    },
    done: (job) => {
      const how = settings.isOn("once") ? ", just so" : isDropped ? "" : null;
      return how === null ? null : `${job} has completed before${how}: nothing is run`;
    },
    over: (job) => `${job} has ended before: nothing is run${isDropped ? "" : " (--fresh begins anew)"}`,
    resume: (job) => {
      const state = isDropped ? viewJob(viewPaths(dir, job), job, { withTasks: false }).state : null;
      // Without its input a map has no end.
      if (state?.owner === "map" && !isEndedMap(state)) return `${mapAgain(job, state["map_of"])}${placeOption(settings)}`;
      const nameOption = settings.text("name") === null ? "" : ` --name ${quoteForShell(job)}`;
      const lists = (["set", "only", "until", "except"] as const).flatMap((option) =>
        settings.list(option).map((text) => ` --${option} ${quoteForShell(text)}`),
      );
      return commandText(
        "run",
        [file],
        `${nameOption}${lists.join("")}${settings.isOn("yes") ? " --yes" : ""}${engineOptions(settings)}${placeOption(settings)}`,
      );
    },
  });
}

/** A directory is a job that is there already, with its name and its tasks. */
function refuseOfFiles(settings: Settings, directory: string): void {
  const isGiven: Record<string, boolean> = {
    "--once": settings.isOn("once"),
    "--fresh": settings.isOn("fresh"),
    "--name": settings.text("name") !== null,
    "--set": settings.list("set").length > 0,
    "--only, --until and --except": isPart(partOf(settings)),
  };
  const option = Object.keys(isGiven).find((each) => isGiven[each]);
  if (option === undefined) return;
  const verb = option.includes(",") ? "are" : "is";
  throw new UsageError(`${directory} is a job that is there already: ${option} ${verb} for a job file`);
}

/** What can't be looked at is taken for a file: reading it says what is wrong. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
