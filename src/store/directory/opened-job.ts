/**
 * A job's directory in our hands: its lock, its journal and its picture. Whoever opens a job gets one and gives it back once, whichever
 * way that goes. It knows no reason why a task runs, and starts nothing.
 */

import { lutimesSync, type BigIntStats } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { JobEvent } from "../../domain/events.js";
import { isSystemError } from "../../system/look/error-code.js";
import type { Lock } from "../../system/lock/lock.js";
import type { Presence } from "../../system/look/presence.js";
import { isPossible, NO } from "../../system/look/look.js";
import { lookAt } from "../../system/look/path-look.js";
import { compactLong, rewriteLost } from "../history/compaction.js";
import type { Journal } from "../journal/journal.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { eventsOfRewrite } from "../snapshot/rewrite-news.js";
import { Snapshots } from "../snapshot/snapshot.js";
import { readStateFile } from "../runs/state-file.js";
import { SETTLE_MS, StateGuard, type Standing } from "../snapshot/state-guard.js";
import { TasksGuard, type TasksGuardOptions } from "../snapshot/tasks-guard.js";
import { readAtRest } from "../snapshot/tasks-rewrite.js";
import { fitsItself, type FitCheck } from "../text/demand-faults.js";
import { JobWriter, type WriterOptions } from "../writer.js";

const [TRIES, TRY_EVERY_MS] = [4, 250];

/** What is found when a job is opened. */
export interface Opening {
  readonly paths: JobPaths;
  readonly picture: Picture;
  readonly journal: Journal;
  readonly lock: Lock;
  /** True if another run was written into the directory while attempts of this one were in flight: they are to be ended, nothing else. */
  readonly isSuperseded?: boolean;
  /** tasks.json as it was when the job was taken in from it just now. */
  readonly tasksFile?: BigIntStats | null;
  /** What a user should be told of the directory. */
  readonly warning: string | null;
}

export class OpenedJob {
  readonly paths: JobPaths;
  readonly picture: Picture;
  readonly warning: string | null;
  readonly isSuperseded: boolean;
  readonly #journal: Journal;
  readonly #lock: Lock;
  readonly #tasksFile: BigIntStats | null;
  #writer: JobWriter | null = null;
  #givenBack: Promise<void> | null = null;
  /** Since when lock or journal is not where it belongs (monotonic milliseconds). */
  #missingSince: number | null = null;

  constructor({ paths, picture, journal, lock, warning, isSuperseded = false, tasksFile = null }: Opening) {
    this.paths = paths;
    this.picture = picture;
    this.warning = warning;
    this.isSuperseded = isSuperseded;
    this.#journal = journal;
    this.#lock = lock;
    this.#tasksFile = tasksFile;
    journal.keepAt(() => lock.presence() === "here" || lock.isReplaced().answer === "yes");
  }

  /** Records what happens to it while no writer has it in hand. */
  note(events: readonly JobEvent[]): void {
    if (events.length > 0 && this.picture.isOver) this.#callOutOfDate();
    this.#journal.append(events);
    for (const event of events) this.picture.apply(event);
  }

  /** If we die before its files say what is on record: a manager looks closely at an ended job whose tasks are newer than its state. */
  #callOutOfDate(): void {
    const state = lookAt(this.paths.state);
    // By the clock it may be older: that may have been set back. What is set comes out up to a microsecond earlier.
    const now = new Date(Math.max(Date.now(), state.answer === "yes" ? Math.ceil(state.found.mtimeMs) + 1 : 0));
    try {
      lutimesSync(this.paths.tasks, now, now);
    } catch {
      // It may be missing, and comes with the next snapshot.
    }
  }

  /** The writer of its files, from now on; to be called once. `onRewrite` hears what others write into its tasks.json. */
  write(options: WriterOptions & Pick<TasksGuardOptions, "fit" | "onRewrite">): JobWriter {
    if (this.#writer !== null) throw new Error(`Internal error: job ${JSON.stringify(this.picture.name)} has a writer`);
    const { paths, picture } = this;
    const state = new StateGuard(paths, { run: picture.run, completedAt: null }, { presence: () => this.#presence() });
    const { fit, onRewrite } = options;
    const onNews = (): void => writer.noteNews();
    const tasks = new TasksGuard(paths, { picture, fit, known: this.#tasksFile, onRewrite, onNews });
    const snapshots = new Snapshots(paths, picture, { state, tasks });
    const writer = new JobWriter(this.#journal, picture, snapshots, { ...options, logs: paths.logs });
    this.#writer = writer;
    return writer;
  }

  /**
   * Takes in what was appended to its tasks since it ended, which reopens it.
   *
   * @param fit whether tasks can run where it is held now.
   * @returns false if it has to be looked at again: the tasks look like another run's, whose state.json may be about to come.
   */
  async takeInGrowth(fit: FitCheck): Promise<boolean> {
    const { paths, picture } = this;
    const nowMs = Date.now();
    const lying = await readAtRest(paths.tasks, { picture, fit, nowMs });
    if (lying === null) return true;
    const { rewrite, ageMs } = lying;
    if (rewrite.added.length + rewrite.refusals.length === 0) return true;
    if (!rewrite.isContinuation && ageMs < SETTLE_MS) return false;
    // Without new tasks nothing begins, and edits wait for a retry.
    const events = eventsOfRewrite(rewrite.added.length > 0 ? rewrite : { ...rewrite, edited: [], changes: [] }, picture, nowMs);
    if (events.length > 0) this.note(events);
    return true;
  }

  /** True if its files don't say what its journal does: a crash came before the last snapshot, or another program wrote them. */
  isOutOfDate(): boolean {
    const { picture } = this;
    const { state, owner, warnings = [] } = readStateFile(this.paths.state)?.state ?? {};
    if (state !== picture.state || owner !== picture.owner || this.#journal.isDoubtful) return true;
    return JSON.stringify(warnings) !== JSON.stringify(picture.warnings);
  }

  /**
   * Has its files say what its journal does, without running anything. What the system refuses is tried again for a moment, since nobody
   * sees what is on record only. Throws its error if it goes on refusing.
   */
  async bringUpToDate(): Promise<void> {
    const writer = this.write({
      durability: "grouped",
      onTrouble: () => {},
      // Whoever waits for the files hears of it.
      onFault: () => {},
      onReady: () => {},
      fit: fitsItself,
      onRewrite: (rewrite) => writer.record(eventsOfRewrite(rewrite, this.picture, Date.now())),
    });
    for (let left = TRIES; ; left--) {
      try {
        return await writer.settle();
      } catch (error) {
        if (left === 1 || !isSystemError(error)) throw error;
      }
      await pause(TRY_EVERY_MS);
    }
  }

  /** What `act` gives. If it throws, the job is given back first. */
  async orGiveBack<Result>(act: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      await this.giveBack();
      throw error;
    }
  }

  /** Ends our hold on it; what is not on disk by now is lost. May be called again. */
  giveBack(): Promise<void> {
    this.#givenBack ??= this.#giveBack();
    return this.#givenBack;
  }

  /**
   * Where it is: its journal alone may have been taken away, and is put there again. So are both where all was replaced as it lies there, unless
   * another engine has what is there now; whose the job is then its state.json tells.
   */
  #presence(): Presence {
    const [journal, lock] = [this.#journal.presence(), this.#lock.presence()];
    if (journal === "here" || lock === "here") return "here";
    const isReplaced = journal === "removed" ? this.#lock.isReplaced() : NO;
    if (isReplaced.answer === "unknown") return "away";
    return isReplaced.answer === "yes" ? "here" : journal;
  }

  /**
   * Somebody may have removed what holds it alone, or put something else there (a restore, an editor): the lock is made anew, for those who
   * want to reach us, and the journal from our handle. Other machines see that we live.
   *
   * @param standing whose state.json is.
   */
  keepHold(standing: Standing): void {
    const [journal, lock] = [this.#journal.presence(), this.#lock.presence()];
    if (journal === "here") this.#lock.beat();
    if (journal === "here" && lock === "here") this.#missingSince = null;
    else if (!this.#mayBeOnItsWayOut()) {
      const isToBeTaken = lock !== "here" && (journal === "here" || standing === "ours");
      if (isToBeTaken) void this.#lock.restore().then(() => this.#putJournalBack());
      else this.#putJournalBack();
    }
  }

  #putJournalBack(): void {
    if (!this.#journal.keepPlace()) this.#writer?.sync();
  }

  /** The same for the journal alone, at once: the next sync puts it where it belongs. */
  keepJournal(): void {
    this.#journal.keepPlace();
  }

  /** Of a directory that is being removed one file goes after the other: what is made there meanwhile would stay behind. */
  #mayBeOnItsWayOut(): boolean {
    const now = performance.now();
    this.#missingSince ??= now;
    const areThere = [this.paths.journal, this.paths.lock].every((path) => isPossible(lookAt(path)));
    return !areThere && now - this.#missingSince < SETTLE_MS;
  }

  async #giveBack(): Promise<void> {
    if (!this.#journal.keepPlace()) await this.#journal.sync().catch(() => {});
    const isHere = this.#journal.presence() === "here";
    try {
      await (this.#writer ?? this.#journal).close();
      if (isHere) await this.#tidyJournal();
    } finally {
      this.#lock.release();
    }
  }

  /** If that fails, the journal stands as it is. */
  async #tidyJournal(): Promise<void> {
    if (this.#lock.presence() !== "here") return;
    const { paths, picture } = this;
    const look = lookAt(paths.journal);
    const isWrittenOver = look.answer === "yes" && look.found.size !== this.#journal.size;
    const tidied = isWrittenOver ? rewriteLost(paths, picture) : compactLong(paths, picture, this.#journal.lines);
    await tidied.catch(() => {});
  }
}
