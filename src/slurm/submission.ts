/**
 * What Slurm is asked for: the arguments of `sbatch` and the script of a slot. Pure. A job of Slurm is capacity: it names no task.
 */

import { listed, type SlotKind } from "./slot-kind.js";

export interface SlurmWishes {
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  /** As Slurm takes it: `30`, `1:00:00`, `2-0`. */
  readonly time: string | null;
  /** As they are. */
  readonly sbatchArgs: readonly string[];
}

export interface SlotSeconds {
  readonly lease: number;
  readonly idle: number;
  readonly grace: number;
}

/** So long before its time is over a slot hears of it. Slurm looks every 30 s, so it may come so much later. */
const WARNING_S = 90;

export function sbatchArguments(
  { dir, name, base, count }: { readonly dir: string; readonly name: string; readonly base: number; readonly count: number },
  { partition, account, qos, time, sbatchArgs }: SlurmWishes,
  { cpus, memoryMb, gpus, gres, licenses }: SlotKind,
): string[] {
  const given = (option: string, value: string | null): string[] => (value === null ? [] : [`--${option}=${value}`]);
  return [
    `--job-name=${name}`,
    `--array=0-${count - 1}`,
    // Requeued, it would run what its slot was given a second time.
    "--no-requeue",
    "--ntasks=1",
    `--cpus-per-task=${cpus}`,
    ...given("mem", memoryMb === null ? null : `${memoryMb}M`),
    ...given("gres", [...(gpus === 0 ? [] : [`gpu:${gpus}`]), listed(gres)].filter((text) => text !== "").join(",") || null),
    ...given("licenses", listed(licenses) || null),
    ...given("partition", partition),
    ...given("account", account),
    ...given("qos", qos),
    ...given("time", time),
    `--signal=B:USR1@${WARNING_S}`,
    "--export=ALL",
    "--open-mode=append",
    // A missing directory of it fails the job without a word, so it is that of the pool, which is there.
    `--output=${dir}/out.${base === 0 ? "%a" : `${base}+%a`}`,
    `--chdir=/`,
    ...sbatchArgs,
  ];
}

/** Runs as the batch script itself: Slurm's TERM may reach that alone. */
export function slotScript(
  dir: string,
  base: number,
  { lease, idle, grace }: SlotSeconds,
  runnerOptions: readonly string[],
): string {
  return `#!/bin/sh
case $(uname -s)-$(uname -m) in
  Linux-x86_64) runner=runner-linux-x64 ;;
  Linux-aarch64) runner=runner-linux-arm64 ;;
  *) echo "slot: no runner for $(uname -s)-$(uname -m)" >&2; exit 96 ;;
esac
directory=${shellQuote(dir)}
if ! [ -x "$directory/$runner" ]; then
  echo "slot: this node does not see $directory/$runner: the directory of jobs must be on a file system that the nodes share" >&2
  exit 91
fi
exec "$directory/$runner" --slot "$directory" $((${base} + SLURM_ARRAY_TASK_ID)) ${lease} ${idle} ${grace} 1${runnerOptions.map((option) => ` ${shellQuote(option)}`).join("")}
`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
