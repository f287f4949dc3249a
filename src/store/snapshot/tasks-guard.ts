/**
 * Stands between our snapshots and whoever else writes tasks.json while its job is unfinished.
 *
 * What we have not written ourselves is read before it is replaced: new tasks are handed to the job, the rest is noted. What is no list
 * of tasks is taken for half-written, and a missing file for one that is about to come, and left alone until that has not changed for the
 * settle time; then what is there is kept as `tasks.json.rejected`. What doesn't look like a continuation of ours waits that long too: perhaps another run is being written and its
 * state.json is still to come. A file that we have replaced stays open for the settle time, for its writer may not be done with it.
 *
 * The one gap: if somebody renames a file over ours within the same few microseconds in which we do, the second one wins.
 */

import { constants } from "node:buffer";
import { fstatSync, renameSync, type BigIntStats } from "node:fs";
import { aboutPath } from "../../system/look/error-code.js";
import { FileWatch } from "../../system/watch/file-watch.js";
import { keepAside } from "../../system/write/keep-aside.js";
import { letGo, letGoLater } from "../../system/look/let-go.js";
import type { JobPaths } from "../layout.js";
import { certain } from "../../system/look/look.js";
import { ifReadable, openFile } from "../../system/read/open-file.js";
import { lookCloselyAt } from "../../system/look/path-look.js";
import { readOpen, readPiece } from "../../system/read/read-open.js";
import { isSameFile } from "../runs/state-file.js";
import { SETTLE_MS } from "./state-guard.js";
import { readRewrite, type Rewrite, type RewriteContext } from "./tasks-rewrite.js";

export interface TasksGuardOptions extends Pick<RewriteContext, "picture" | "fit"> {
  /** The file as it was when the job was taken in from it; null if it was not. */
  readonly known: BigIntStats | null;
  readonly onRewrite: (rewrite: Rewrite) => void;
  /** Somebody wrote: there may be something to understand. */
  readonly onNews: () => void;
}

/** A file that we replaced, still open. */
interface Replaced {
  readonly fd: number;
  /** As it was when it was understood last. */
  understood: BigIntStats;
  /** As it was at the last look. */
  seen: BigIntStats;
  /** Monotonic milliseconds. */
  seenAt: number;
}

/** No more are kept open: at two snapshots a second it is never reached. */
const MOST_REPLACED = 8;

const NOT_A_LIST: Rewrite = {
  added: [],
  edited: [],
  refusals: ["tasks.json was replaced by something that is no list of tasks: kept as tasks.json.rejected"],
  changes: [],
  isContinuation: false,
};

/** Whoever wrote it can't have seen all tasks, and no others can be told from new ones. */
const OF_A_MAP: Rewrite = {
  ...NOT_A_LIST,
  refusals: ["tasks.json was written while the map ran, whose tasks come from its input alone: kept as tasks.json.rejected"],
};

export class TasksGuard {
  readonly #paths: JobPaths;
  readonly #options: TasksGuardOptions;
  readonly #watch: FileWatch;
  /** The file as we left it, or as we have read it. */
  #understood: BigIntStats | null;
  #isByOthers: boolean;
  #replaced: Replaced[] = [];
  /** What is waited for, and since when (monotonic milliseconds). */
  #unsettled: { readonly stats: BigIntStats | null; readonly since: number } | null = null;
  /** How many tasks our snapshots had, and when: the last one that is older than the settle time, and those since. */
  #shown: { readonly at: number; readonly count: number }[] = [];

  constructor(paths: JobPaths, options: TasksGuardOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#understood = options.picture.isRunningMap ? statOf(paths.tasks) : options.known;
    this.#isByOthers = true;
    this.#watch = new FileWatch(options.onNews);
    this.#watch.follow(paths.tasks);
  }

  /** True if the file is not our last snapshot. */
  get isByOthers(): boolean {
    return this.#isByOthers;
  }

  /** True if somebody wrote what is not understood yet. Throws the system's error if that can't be told now. */
  hasNews(): boolean {
    if (!isSameFile(statOf(this.#paths.tasks), this.#understood)) return true;
    return this.#replaced.some(({ fd, understood }) => !isSameFile(fstatSync(fd, { bigint: true }), understood));
  }

  /** Reads what others wrote. False if somebody may still be writing: then the file may not be replaced now. Throws as `hasNews`. */
  async understand(): Promise<boolean> {
    for (const replaced of [...this.#replaced]) await this.#lookAtReplaced(replaced);
    const there = statOf(this.#paths.tasks);
    if (isSameFile(there, this.#understood)) return true;
    this.#isByOthers = true;
    const now = performance.now();
    const isKnown = this.#unsettled !== null && isSameFile(there, this.#unsettled.stats);
    if (!isKnown) this.#unsettled = { stats: there, since: now };
    const hasSettled = now - this.#unsettled!.since >= SETTLE_MS;
    // It was read before, and made no sense yet.
    if (isKnown && !hasSettled) return false;
    const rewrite = await this.#read(readWhole(this.#paths.tasks));
    if (!hasSettled && rewrite?.isContinuation !== true) return false;
    if (there !== null && (rewrite === null || rewrite.refusals.length + rewrite.changes.length > 0))
      keepAside(this.#paths.tasks, this.#paths.tasksRejected);
    this.#understood = there;
    this.#unsettled = null;
    if (there !== null) this.#options.onRewrite(rewrite ?? NOT_A_LIST);
    return true;
  }

  /**
   * Puts a finished file of ours in the place of tasks.json. False if somebody wrote there since it was understood.
   *
   * @param written what the file is, and how many tasks it has.
   */
  replace(temporary: string, written: { readonly stats: BigIntStats; readonly count: number }): boolean {
    const fd = ifReadable(openFile(this.#paths.tasks));
    const there = statOf(this.#paths.tasks);
    if (!isSameFile(there, this.#understood)) {
      if (fd !== null) letGo(fd);
      return false;
    }
    renameSync(temporary, this.#paths.tasks);
    this.#watch.follow(this.#paths.tasks);
    const now = performance.now();
    if (fd !== null && there !== null) this.#replaced.push({ fd, understood: there, seen: there, seenAt: now });
    if (this.#replaced.length > MOST_REPLACED) this.#drop(this.#replaced[0]!);
    this.#understood = written.stats;
    this.#isByOthers = false;
    this.#shown.push({ at: now, count: written.count });
    return true;
  }

  close(): void {
    this.#watch.close();
    for (const replaced of this.#replaced) this.#drop(replaced);
  }

  async #lookAtReplaced(replaced: Replaced): Promise<void> {
    const now = performance.now();
    const stats = fstatSync(replaced.fd, { bigint: true });
    if (isSameFile(stats, replaced.seen)) {
      // Nothing new. If it is not understood by now, its writer gave up in the middle.
      if (now - replaced.seenAt >= SETTLE_MS) this.#drop(replaced);
      return;
    }
    replaced.seen = stats;
    replaced.seenAt = now;
    const rewrite = await this.#read(readPiece(replaced.fd, 0, Number(stats.size)));
    if (rewrite?.isContinuation !== true) return;
    replaced.understood = stats;
    this.#isByOthers = true;
    this.#options.onRewrite(rewrite);
  }

  async #read(bytes: Buffer | null): Promise<Rewrite | null> {
    if (bytes === null) return null;
    const { picture, fit } = this.#options;
    if (picture.isRunningMap) return OF_A_MAP;
    return readRewrite(bytes, { fileName: this.#paths.tasks, picture, fit, seen: this.#seenCount(), nowMs: Date.now() });
  }

  /** Tasks that whoever writes now must have seen. */
  #seenCount(): number {
    const settledAt = performance.now() - SETTLE_MS;
    const recent = this.#shown.findIndex(({ at }) => at > settledAt);
    this.#shown.splice(0, (recent < 0 ? this.#shown.length : recent) - 1);
    const [oldest] = this.#shown;
    return oldest === undefined || oldest.at > settledAt ? 0 : oldest.count;
  }

  /** Who closes a file that is nowhere else gives its space back, which takes milliseconds a megabyte: not this thread. */
  #drop(replaced: Replaced): void {
    letGoLater(replaced.fd);
    this.#replaced = this.#replaced.filter((other) => other !== replaced);
  }
}

/** Null if there is none. */
function statOf(path: string): BigIntStats | null {
  return certain(lookCloselyAt(path));
}

/** Null for what is no regular file, is too large for anybody, or may not be read. */
function readWhole(path: string): Buffer | null {
  const fd = ifReadable(openFile(path));
  if (fd === null) return null;
  try {
    return readOpen(fd, constants.MAX_STRING_LENGTH);
  } catch (error) {
    throw aboutPath(error, path);
  } finally {
    letGo(fd);
  }
}
