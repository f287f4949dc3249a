/**
 * Writes the picture of a job to `state.json` and `tasks.json`: for people, scripts and git. When is not decided here.
 *
 * - A reader sees the old file or the new one, whole: a temporary file in the same directory, renamed over it.
 * - Not synced but at the end of a job: the journal is the truth, a snapshot can always be made again.
 * - While a map runs its `tasks.json` shows the tasks that have not ended; the synced one shows all.
 * - Others may write there too: with guards nothing is replaced that is not ours to replace, or not understood yet.
 */

import { renameSync, type BigIntStats } from "node:fs";
import type { JobPaths } from "../layout.js";
import { MapLines } from "./map-lines.js";
import { mapText } from "./map-text.js";
import type { Picture } from "../picture/picture.js";
import type { Standing, StateGuard } from "./state-guard.js";
import { TaskChunks } from "./task-chunks.js";
import type { TasksGuard } from "./tasks-guard.js";
import { syncFile, writeLarge } from "../../system/write/large-file.js";
import { clearTemporary, temporaryOf, writeTemporary } from "../../system/write/temporary-file.js";
import { writtenJobOptions } from "../text/job-options.js";
import { formatTimestamp } from "../text/timestamp.js";
import { withNumbers } from "../text/exact-numbers.js";

/** What stands between us and whoever else writes the two files. */
export interface Guards {
  readonly state: StateGuard;
  readonly tasks: TasksGuard;
}

/** The tasks as they are about to be put in place. */
interface Prepared {
  readonly version: number;
  readonly count: number;
  /** Of the temporary file; null if the one in place will do. */
  readonly stats: BigIntStats | null;
}

export class Snapshots {
  readonly #paths: JobPaths;
  readonly #picture: Picture;
  readonly #chunks: TaskChunks;
  readonly #mapLines: MapLines;
  readonly #guards: Guards | null;
  /** Which version of the text tasks.json has; null before our first one. */
  #version: number | null = null;

  /** @param guards null where nobody else writes: in `runs/`. */
  constructor(paths: JobPaths, picture: Picture, guards: Guards | null) {
    this.#paths = paths;
    this.#picture = picture;
    this.#guards = guards;
    this.#chunks = new TaskChunks(picture);
    this.#mapLines = new MapLines(picture);
  }

  /** Whether the files are ours to replace. */
  standing(): Standing {
    return this.#guards?.state.look() ?? "ours";
  }

  /** Whether somebody wrote into tasks.json what is not understood yet: the next snapshot takes in what is new there. */
  hasNews(): boolean {
    return this.#guards?.tasks.hasNews() ?? false;
  }

  /** True if state.json is not our last one: somebody wrote there, or took it away. */
  isStateByOthers(): boolean {
    return this.#guards?.state.isByOthers() ?? false;
  }

  /** Replaces state.json alone: as small for a million tasks as for one. May be called while `write` is at work, unless that syncs. */
  writeState(): Standing {
    if (this.standing() !== "ours") return this.standing();
    if (this.#isLastWord) return "unsettled";
    this.#prepareState();
    this.#commitState();
    return this.standing();
  }

  /** Replaces both files, unsynced, or says what stands in the way. Not to be called again before it has resolved. */
  async write(): Promise<Standing> {
    if (this.#isLastWord || !(await this.#prepare())) return this.#obstacle();
    const prepared = await this.#prepareTasks({ sync: false });
    return this.#commitTasks(prepared) ? this.writeState() : this.#obstacle();
  }

  /** As `write`, but both files are on disk when it has resolved, and not put in place before `before` has: the journal goes first. */
  async writeSynced(before: () => Promise<void>): Promise<Standing> {
    if (!(await this.#prepare())) return this.#obstacle();
    const [state, tasks] = [temporaryOf(this.#paths.state), temporaryOf(this.#paths.tasks)];
    const { version, isOver } = this.#picture;
    // The end that is about to be said is none any more, or another one: tasks were added in this moment.
    const isOutdated = (): boolean => this.#picture.version !== version && (isOver || this.#picture.isOver);
    try {
      const prepared = this.#prepareTasks({ sync: true });
      await allOf([prepared, before()]);
      if (isOutdated()) return "unsettled";
      // Only now: a tasks.json that is younger than state.json looks as if somebody had added tasks since.
      this.#prepareState();
      await syncFile(state);
      if (isOutdated()) return "unsettled";
      if (!this.#commitTasks(await prepared)) return this.#obstacle();
      this.#commitState();
    } finally {
      // Left only if something went wrong: the journal may need the room.
      for (const path of [state, tasks]) clearTemporary(path);
    }
    return this.hasNews() ? this.#obstacle() : this.standing();
  }

  close(): void {
    this.#guards?.state.close();
    this.#guards?.tasks.close();
  }

  /** What keeps us from replacing the files now. */
  #obstacle(): Standing {
    const standing = this.standing();
    return standing === "ours" ? "unsettled" : standing;
  }

  /** Takes in what others wrote, and makes most of the text. False if the files may not be replaced now. */
  async #prepare(): Promise<boolean> {
    if (this.standing() !== "ours") return false;
    if (this.#guards !== null && !(await this.#guards.tasks.understand())) return false;
    await this.#chunks.prepare();
    return this.standing() === "ours";
  }

  /** Writes the tasks beside their file, unless it has this version already. The text is made before the first await. */
  async #prepareTasks(options: { sync: boolean }): Promise<Prepared> {
    const text = this.#isWhole(options) ? this.#chunks.text() : this.#textOfMap();
    const { version } = this.#chunks;
    const count = this.#picture.tasks.length;
    const isCurrent = this.#isWhole(options) && version === this.#version && this.#guards?.tasks.isByOthers !== true;
    return { version, count, stats: isCurrent ? null : await writeLarge(temporaryOf(this.#paths.tasks), text, options) };
  }

  #textOfMap(): Iterable<Buffer | string> {
    const { name, leftOfMap } = this.#picture;
    return this.#mapLines.take() ?? mapText(this.#paths.journal, name, leftOfMap);
  }

  /** True if all tasks that the text has to show are in the picture. */
  #isWhole({ sync }: { sync: boolean }): boolean {
    return !sync || !this.#picture.isRunningMap;
  }

  /** A job is not said to have ended before both files are exact and on disk: whoever finds that said looks no further. */
  get #isLastWord(): boolean {
    return this.#picture.isOver;
  }

  /** False if the file may not be put in its place now. */
  #commitTasks({ version, count, stats }: Prepared): boolean {
    const temporary = temporaryOf(this.#paths.tasks);
    if (this.standing() !== "ours" || (stats !== null && !this.#replaceTasks(temporary, stats, count))) {
      clearTemporary(temporary);
      return false;
    }
    this.#version = version;
    return true;
  }

  #replaceTasks(temporary: string, stats: BigIntStats, count: number): boolean {
    if (this.#guards !== null) return this.#guards.tasks.replace(temporary, { stats, count });
    renameSync(temporary, this.#paths.tasks);
    return true;
  }

  /** The text is made as it is written: what begins behind that is in a journal that is younger than the file, and shows there. */
  #prepareState(): void {
    writeTemporary(temporaryOf(this.#paths.state), stateText(this.#picture));
  }

  #commitState(): void {
    const temporary = temporaryOf(this.#paths.state);
    if (this.#guards === null) renameSync(temporary, this.#paths.state);
    else if (!this.#guards.state.replace(temporary)) clearTemporary(temporary);
  }
}

/** The text of state.json: the guide's keys first, ours beside them. */
export function stateText(picture: Picture): string {
  const { run, settings } = picture;
  const time = (at: number | null): string | null => (at === null ? null : formatTimestamp(at));
  const state = {
    id: run.id,
    name: picture.name,
    state: picture.state,
    created_at: run.createdAt,
    updated_at: time(picture.updatedAt),
    started_at: time(picture.startedAt),
    completed_at: time(picture.completedAt),
    error: picture.error,
    owner: picture.owner,
    counts: picture.counts,
    first_failure: picture.firstFailure,
    ...(picture.warnings.length === 0 ? {} : { warnings: picture.warnings }),
    cwd: settings.cwd,
    ...writtenJobOptions(settings),
    // Tasks of it run again, or were added: its input is not asked for any more.
    ...(picture.owner === "map" && !picture.isRunningMap && !picture.isOver && { map_ended: true }),
    ...picture.extra,
  };
  return `${withNumbers(JSON.stringify(state, null, 2))}\n`;
}

/** As Promise.all, but when it rejects nothing is under way any more. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
