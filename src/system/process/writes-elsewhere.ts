/** Tells a file that somebody has copied from the one that a process writes. Linux alone says so. */

import { fstatSync, readdirSync, readlinkSync, statSync, type BigIntStats } from "node:fs";
import { basename } from "node:path";

const BIG = { bigint: true } as const;

/**
 * True if that process has another file of that name open than ours, and that lies where it was opened: then ours is a copy of it. One
 * that was removed may have ours in its place (a backup that was put back).
 *
 * @param fd of ours
 */
export function writesElsewhere(pid: number, path: string, fd: number): boolean {
  const ending = `/${basename(path)}`;
  try {
    const own = fstatSync(fd, BIG);
    return readdirSync(`/proc/${pid}/fd`).some((number) => {
      const link = `/proc/${pid}/fd/${number}`;
      // In bytes: it may lie in a directory whose name is no UTF-8.
      const there = readlinkSync(link, { encoding: "buffer" });
      if (!there.toString("latin1").endsWith(ending)) return false;
      const open = statSync(link, BIG);
      return !isSame(open, own) && isSame(open, statSync(there, BIG));
    });
  } catch {
    return false;
  }
}

const isSame = (one: BigIntStats, other: BigIntStats): boolean => one.dev === other.dev && one.ino === other.ino;
