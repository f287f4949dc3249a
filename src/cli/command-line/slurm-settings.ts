/** Whether tasks are to run on a Slurm cluster, and how, as the user said it: on the command line, else as a variable, else in the job file. */

import { viewJob, viewPaths, type SlotRange, type SlurmOptions } from "../../index.js";
import { joinSlurmOptions, parseSlots, parseSlurmTime, slurmOptionsOf } from "../../internal.js";
import type { OptionName } from "./options.js";
import type { Settings } from "./settings.js";
import { UsageError } from "./usage-error.js";

export const OF_SLURM = [
  "slots",
  "partition",
  "account",
  "qos",
  "time",
  "sbatch-arg",
  "lease",
] as const satisfies readonly OptionName[];

/** Undefined if tasks run here. @param ofJob what the job itself asks for. */
export function slurmSettings(settings: Settings, ofJob: SlurmOptions): SlurmOptions | undefined {
  if (settings.text("engine") !== "slurm") {
    // A variable may be there for other runs.
    const astray = OF_SLURM.find((option) => settings.isTyped(option));
    if (astray !== undefined) throw new UsageError(`--${astray} is of --engine slurm: give that too, or leave it out`);
    return undefined;
  }
  const slots = readSlots(settings.text("slots"));
  const time = readTime(settings.text("time"));
  const leaseMs = settings.seconds("lease");
  const sbatchArgs = settings.list("sbatch-arg");
  const words = (["partition", "account", "qos"] as const).map((option) => [option, settings.text(option)] as const);
  return joinSlurmOptions(ofJob, {
    ...Object.fromEntries(words.filter(([, value]) => value !== null)),
    ...(time !== null && { time }),
    ...(slots !== null && { slots }),
    ...(leaseMs !== null && { leaseMs }),
    ...(sbatchArgs.length > 0 && { sbatchArgs }),
  });
}

/** What a job asks for that is on record; nothing where tasks run here. */
export function slurmOnRecord(settings: Settings, dir: string, job: string): SlurmOptions {
  if (settings.text("engine") !== "slurm") return {};
  return slurmOptionsOf(viewJob(viewPaths(dir, job), job, { withTasks: false }).state?.["slurm"]);
}

function readSlots(text: string | null): SlotRange | null {
  const slots = text === null ? null : parseSlots(text);
  if (text === null || slots !== null) return slots;
  throw new UsageError(`--slots is "${text}": expected how many, or the least and the most, such as 64 or 4:200`);
}

function readTime(text: string | null): string | null {
  if (text === null || (parseSlurmTime(text) ?? 0) > 0) return text;
  throw new UsageError(`--time is "${text}": expected a time limit as sbatch takes it, such as 30 (minutes), 1:30:00 or 2-0`);
}
