/**
 * How many processes the kernel has killed for want of memory: of our control group and those below it, or of the whole machine where we are
 * in none that counts. Only counts: whom it was, the kernel tells root alone.
 */

import { readFileSync } from "node:fs";

const MOUNT = "/sys/fs/cgroup";

/** Reads the count, anew each time; null where there is none (macOS, an old kernel). */
export type MemoryKillCount = () => number | null;

export function findMemoryKillCount(): MemoryKillCount {
  const file = places().find((path) => readCount(path) !== null);
  return () => (file === undefined ? null : readCount(file));
}

/** In a container the path that we are told may begin above what is mounted: then ours is the mount itself. */
function places(): string[] {
  const groups = readText("/proc/self/cgroup")
    .split("\n")
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const all: string[] = [];
  for (const group of groups) {
    const [, controllers, path] = group ?? [];
    const mounts = controllers === "" ? [MOUNT, `${MOUNT}/unified`] : controllers === "memory" ? [`${MOUNT}/memory`] : [];
    const name = controllers === "" ? "memory.events" : "memory.oom_control";
    for (const mount of mounts) all.push(`${mount}${path === "/" ? "" : path}/${name}`, `${mount}/${name}`);
  }
  return [...all, "/proc/vmstat"];
}

function readCount(path: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readText(path));
  return count === null ? null : Number(count[1]);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
