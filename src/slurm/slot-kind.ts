/** What a slot has: tasks go to slots that were asked for with just what they take. Pure. */

import { z } from "zod";
import type { Resources } from "../domain/resources.js";

export const slotKind = z.object({
  cpus: z.int().positive(),
  /** Null for what the cluster gives by default. */
  memoryMb: z.int().positive().nullable(),
  gpus: z.int().nonnegative(),
});

export type SlotKind = z.infer<typeof slotKind>;

const MB = 1024 * 1024;

/** Parts of a CPU can't be had: whoever takes half a one gets a slot of one. Pools that the cluster does not know are the engine's to keep. */
export function kindFor(takes: Resources): SlotKind {
  const { cpu = 1, memory = 0, gpu = 0 } = takes;
  return { cpus: Math.max(1, Math.ceil(cpu)), memoryMb: memory > 0 ? Math.ceil(memory / MB) : null, gpus: gpu };
}

export function nameOf({ cpus, memoryMb, gpus }: SlotKind): string {
  return `${cpus}/${memoryMb ?? "-"}/${gpus}`;
}
