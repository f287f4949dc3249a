/** What a slot has: tasks go to slots that were asked for with just what they take. Pure. */

import { z } from "zod";
import type { Resources } from "../domain/resources.js";
import { CLUSTER_POOL } from "../domain/slurm-options.js";

const amounts = z.record(z.string(), z.int().positive());

export const slotKind = z.object({
  cpus: z.int().positive(),
  /** Null for what the cluster gives by default. */
  memoryMb: z.int().positive().nullable(),
  gpus: z.int().nonnegative(),
  /** By the cluster's names, such as `fpga` or `gpu:a100`. */
  gres: amounts,
  licenses: amounts,
});

export type SlotKind = z.infer<typeof slotKind>;

const MB = 1024 * 1024;

/** Parts of a CPU can't be had: whoever takes half a one gets a slot of one. Pools that the cluster does not know are the engine's to keep. */
export function kindFor(takes: Resources): SlotKind {
  const { cpu = 1, memory = 0, gpu = 0 } = takes;
  const memoryMb = memory > 0 ? Math.ceil(memory / MB) : null;
  return {
    cpus: Math.max(1, Math.ceil(cpu)),
    memoryMb,
    gpus: gpu,
    gres: ofCluster(takes, "gres"),
    licenses: ofCluster(takes, "license"),
  };
}

export function nameOf({ cpus, memoryMb, gpus, gres, licenses }: SlotKind): string {
  return [cpus, memoryMb ?? "-", gpus, listed(gres), listed(licenses)].join("/");
}

/** `fpga:1,gpu:a100:2`, as sbatch has it. */
export function listed(taken: Readonly<Record<string, number>>): string {
  return Object.entries(taken)
    .map(([name, amount]) => `${name}:${amount}`)
    .join(",");
}

function ofCluster(takes: Resources, sort: string): Record<string, number> {
  const found = Object.entries(takes).flatMap(([pool, amount]): [string, number][] => {
    const [, its, name] = CLUSTER_POOL.exec(pool) ?? [];
    return its === sort && name !== undefined ? [[name.replaceAll(".", ":"), Math.ceil(amount)]] : [];
  });
  return Object.fromEntries(found.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
