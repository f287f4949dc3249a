/**
 * What Slurm says of the jobs that are our slots, read from what `squeue` prints: pure. An empty answer proves nothing, and no state proves that a
 * task has ended: a node that is declared dead may run on. Never asks by id, which fails for jobs that Slurm has forgotten.
 */

import { parseSlurmTime } from "../domain/slurm-options.js";

/** What a state of Slurm means for a slot. Anything that is not known to wait or to run is over: newer versions have states of their own. */
export type QueueState = "queued" | "running" | "over";

export interface QueueEntry {
  /** Id of the array. */
  readonly job: string;
  /** Which element. */
  readonly slot: number;
  readonly state: QueueState;
  /** Slurm's own word, such as `NODE_FAIL`. */
  readonly word: string;
  /** Why it waits, or what ended it, in Slurm's word; null for none. */
  readonly reason: string | null;
  /** Null if it has none yet. */
  readonly node: string | null;
  /** How long it may still run, and how long in all, in milliseconds; `Infinity` for no limit, null if Slurm does not say. */
  readonly leftMs: number | null;
  readonly limitMs: number | null;
}

/** For `squeue -o`: array, element, state, reason, node, time left, time limit. */
export const QUEUE_FORMAT = "%F|%K|%T|%r|%N|%L|%l";

/** Slurm could not start it on its node, or it was killed there. */
export const LAUNCH_FAILURE = "JobLaunchFailure";

const WAITS = new Set(["PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"]);
const RUNS = new Set(["RUNNING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT"]);
const NOTHING = new Set(["", "None", "(null)", "N/A"]);

/** Lines that are none of ours, or are cut off, are left out. */
export function readQueue(text: string): QueueEntry[] {
  return text.split("\n").flatMap((line) => {
    const [job, slot, word, reason = "", node = "", left, limit, more] = line.trim().split("|");
    if (job === undefined || slot === undefined || word === undefined || limit === undefined || more !== undefined) return [];
    if (!/^\d+$/.test(job) || !/^\d+$/.test(slot) || !/^[A-Z_]+$/.test(word)) return [];
    const state = WAITS.has(word) ? "queued" : RUNS.has(word) ? "running" : "over";
    const known = (value: string): string | null => (NOTHING.has(value) ? null : value);
    const times = { leftMs: parseSlurmTime(left ?? ""), limitMs: parseSlurmTime(limit) };
    return [{ job, slot: Number(slot), state, word, reason: known(reason), node: known(node), ...times }];
  });
}

interface Wait {
  readonly words: string;
  /** What ends it, where it won't end by itself. */
  readonly remedy?: string;
}

/** The reasons of Slurm's that people meet, in words. */
const REASONS: Readonly<Record<string, Wait>> = {
  Priority: { words: "others come first" },
  Resources: { words: "all nodes that would do are taken" },
  JobArrayTaskLimit: { words: "the array's own limit of elements at once" },
  BeginTime: { words: "its time has not come" },
  Cleaning: { words: "Slurm cleans up after an earlier run of it" },
  Licenses: { words: "a licence is taken" },
  ReqNodeNotAvail: { words: "nodes that were asked for are down, reserved or drained" },
  Reservation: { words: "its reservation has not begun" },
  NodeDown: { words: "a node that it needs is down" },
  PartitionDown: { words: "the partition is down" },
  PartitionInactive: { words: "the partition is inactive" },
  MaxJobsPerAccount: { words: "the account runs as many jobs as it may" },
  QOSMaxJobsPerUserLimit: { words: "you run as many jobs as the QOS lets you" },
  QOSMaxCpuPerUserLimit: { words: "you use as many CPUs as the QOS lets you" },
  QOSGrpCpuLimit: { words: "the QOS uses as many CPUs as it may" },
  AssocGrpCpuLimit: { words: "the account uses as many CPUs as it may" },
  AssocMaxJobsLimit: { words: "you run as many jobs as the account lets you" },
  PartitionConfig: {
    words: "the partition has no node like that",
    remedy: "ask for less a slot, or for another partition with --partition",
  },
  PartitionNodeLimit: {
    words: "the partition's limits of nodes or CPUs don't allow it",
    remedy: "ask for less a slot, or for another partition with --partition",
  },
  PartitionTimeLimit: {
    words: "it asks for more time than the partition gives",
    remedy: "give a shorter --time, or another --partition",
  },
  BadConstraints: {
    words: "no node has what was asked for",
    remedy: "look at --sbatch-arg and at the resources of the tasks",
  },
  DependencyNeverSatisfied: {
    words: "it waits for a job that failed",
    remedy: "take the dependency out of --sbatch-arg",
  },
  JobHeldUser: { words: "it is held by its user", remedy: "release it: scontrol release" },
  JobHeldAdmin: { words: "an administrator holds it", remedy: "ask the administrator" },
  AccountNotAllowed: { words: "the account may not use the partition", remedy: "give another --account or --partition" },
  QOSNotAllowed: { words: "the QOS may not use the partition", remedy: "give another --qos or --partition" },
  InvalidAccount: { words: "there is no such account", remedy: "give another --account" },
  InvalidQOS: { words: "there is no such QOS", remedy: "give another --qos" },
};

/** Limits of each job, which no job that ends makes room for, as QOSMaxWallDurationPerJobLimit. */
const OF_EACH_JOB = /^(?:QOS|Assoc)(?:Max\w+Per(?:Job|Node)|Min)/;

/** Why a slot waits, in words, and what ends the wait if it won't end by itself. */
export function explainWait(reason: string): { readonly words: string; readonly remedy: string | null } {
  const found = REASONS[reason];
  if (found !== undefined) return { words: `${found.words} (${reason})`, remedy: found.remedy ?? null };
  if (OF_EACH_JOB.test(reason)) {
    const remedy = "ask for less a slot, give a shorter --time, or another --qos or --account";
    return { words: `your QOS or account allows no such job (${reason})`, remedy };
  }
  if (/held/i.test(reason))
    return { words: `it is held (${reason})`, remedy: "release it (scontrol release), or ask the administrator" };
  if (reason.startsWith("ReqNodeNotAvail")) return { words: `${REASONS["ReqNodeNotAvail"]!.words} (${reason})`, remedy: null };
  return { words: reason, remedy: null };
}
