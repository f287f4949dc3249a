/**
 * What people say of the cluster on which tasks are to run: a job file's `slurm`, the command line and the library say the same. Pure; asks no
 * cluster whether it has all that.
 */

export interface SlotRange {
  readonly min: number;
  readonly max: number;
}

export interface SlurmOptions {
  /** How many slots, that is tasks at once: at least `min` while the job runs, at most `max`. Default: 1 to 64. */
  readonly slots?: SlotRange;
  /** As sbatch has it, likewise the next three. Default: the cluster's. */
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  /** How long a slot may live: minutes, `MINUTES:SECONDS`, `HOURS:MINUTES:SECONDS`, or these behind `DAYS-`. */
  readonly time?: string;
  /** Further arguments of sbatch. Default: none. */
  readonly sbatchArgs?: readonly string[];
  /** A slot that can't reach its files for so long ends all that it runs, in milliseconds. Default: 300,000; at least 1,000. */
  readonly leaseMs?: number;
}

/** `gres.fpga`, `gres.gpu.a100`, `license.matlab`: pools of which the cluster has so much, and counts it. */
export const CLUSTER_POOL = /^(gres|license)\.(.+)$/;

/** Of an attempt that was given to a slot of a cluster; all other claims are spools of a machine. */
export function isClusterClaim(claim: string): boolean {
  return claim.startsWith("slurm:");
}

export const MOST_SLOTS = 10_000;
export const SHORTEST_LEASE_MS = 1_000;

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

/** `64`: from 1 to 64; `4:200`. Null for what makes no sense. */
export function parseSlots(text: string): SlotRange | null {
  const [, first, second] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const min = second === undefined ? 1 : Number(first);
  const max = Number(second ?? first);
  return first !== undefined && isSlotRange({ min, max }) ? { min, max } : null;
}

export function isSlotRange({ min, max }: SlotRange): boolean {
  const isCount = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_SLOTS;
  return isCount(min) && isCount(max) && max >= Math.max(1, min);
}

/** A time limit as sbatch takes it, in milliseconds; `Infinity` for none, null for what it does not take. */
export function parseSlurmTime(text: string): number | null {
  if (/^(?:unlimited|infinite)$/i.test(text)) return Infinity;
  const [, days, clock = ""] = /^(?:(\d{1,5})-)?(\d{1,7}(?::\d{1,4}){0,2})$/.exec(text) ?? [];
  if (clock === "") return null;
  const [first = 0, second = 0, third] = clock.split(":").map(Number);
  if (days !== undefined) return Number(days) * DAY + first * HOUR + second * MINUTE + (third ?? 0) * SECOND;
  return third === undefined ? first * MINUTE + second * SECOND : first * HOUR + second * MINUTE + third * SECOND;
}

/** What `above` says counts; further arguments of sbatch come last, since of two the last one counts there. */
export function joinSlurmOptions(below: SlurmOptions, above: SlurmOptions): SlurmOptions {
  const sbatchArgs = [...(below.sbatchArgs ?? []), ...(above.sbatchArgs ?? [])];
  return { ...below, ...above, ...(sbatchArgs.length > 0 && { sbatchArgs }) };
}
