/** Says what the numbers were taken on. Called by main before anything is measured. */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type as systemType } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  /** Of the directory in which everything runs. */
  readonly fileSystem: string;
  /** Of the last minute, at the beginning: on a quiet machine well below 1. */
  readonly load: number;
}

export function describeMachine(workDirectory: string): Machine {
  const mount = execFileSync("df", ["--output=fstype", workDirectory], { encoding: "utf8" });
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${systemType()} ${release()}`,
    fileSystem: mount.trim().split("\n").at(-1) ?? "unknown",
    load: loadavg()[0] ?? 0,
  };
}
