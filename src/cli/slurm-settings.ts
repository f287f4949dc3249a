/** Whether tasks are to run on a Slurm cluster, and how, as the user said it. */

import type { SlurmOptions } from "../index.js";
import type { OptionName } from "./options.js";
import type { Settings } from "./settings.js";
import { UsageError } from "./usage-error.js";

const OF_SLURM = ["slots", "partition", "account", "qos", "time", "sbatch-arg", "lease"] as const satisfies readonly OptionName[];

/** Undefined if tasks run here. */
export function slurmSettings(settings: Settings): SlurmOptions | undefined {
  if (settings.text("engine") !== "slurm") {
    const astray = OF_SLURM.find((option) => settings.list(option).length > 0);
    if (astray !== undefined) throw new UsageError(`--${astray} is of --engine slurm: give that too, or leave it out`);
    return undefined;
  }
  const slots = readSlots(settings.text("slots"));
  const leaseMs = settings.seconds("lease");
  const sbatchArgs = settings.list("sbatch-arg");
  const words = (["partition", "account", "qos", "time"] as const).map((option) => [option, settings.text(option)] as const);
  return {
    ...Object.fromEntries(words.filter(([, value]) => value !== null)),
    ...(slots !== null && { slots }),
    ...(leaseMs !== null && { leaseMs }),
    ...(sbatchArgs.length > 0 && { sbatchArgs }),
  };
}

function readSlots(text: string | null): { min: number; max: number } | null {
  if (text === null) return null;
  const [, first, second] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const min = second === undefined ? 1 : Number(first);
  const max = Number(second ?? first);
  if (first !== undefined && max >= 1 && max >= min) return { min, max };
  throw new UsageError(`--slots is "${text}": expected how many, or the least and the most, such as 64 or 4:200`);
}
