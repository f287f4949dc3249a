/** What keeps the slots of a pool from coming up, in words: why Slurm lets them wait, and what makes it pointless to ask for more. */

import { AirError } from "../domain/errors.js";
import { explainRefusal } from "./refusals.js";
import { explainWait, LAUNCH_FAILURE, type QueueEntry } from "./queue-states.js";

/** So many slots in a row that never said hello are no accident. */
const MOST_SILENT = 3;
const MOST_LINES = 3;
/** What a slot says that does not find its files. */
const UNSEEN = "must be on a file system that the nodes share";
/** So long after a refusal Slurm is not asked for more. */
const PAUSE_MS = 60_000;
/** What the cluster does to slots, whatever they are. */
const CLUSTERS_DOING = new Set(["NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED"]);

export class SlotTroubles {
  /** Slots in a row that ended before they came up, each counted once. */
  readonly #silent = new Set<number>();
  /** Where Slurm could not begin them. */
  readonly #unseeing = new Set<string>();
  #fatal: AirError | null = null;
  /** Why there will be no slot of a kind, by its name. */
  readonly #hopeless = new Map<string, AirError>();
  #waits = "";
  #mute = "";
  #pausedUntil = -Infinity;
  readonly #refusedUntil = new Map<string, number>();
  /** Why Slurm does not answer, as it was said; null if it does. */
  #silence: string | null = null;
  #filesSaidAt = -Infinity;
  readonly #dir: string;
  readonly #onNotice: (text: string) => void;

  /** @param dir of the slots, which their nodes have to see. */
  constructor(dir: string, onNotice: (text: string) => void) {
    this.#dir = dir;
    this.#onNotice = onNotice;
  }

  /** Why there is no point in asking for any more; null if there is. */
  get fatal(): AirError | null {
    return this.#fatal;
  }

  /** Why there is no point in asking for more of some kinds, by their names. */
  get hopeless(): ReadonlyMap<string, AirError> {
    return this.#hopeless;
  }

  /** True while no more of a kind are asked for. */
  isPausing(kind: string, now: number): boolean {
    if (this.#fatal !== null || this.#hopeless.has(kind)) return true;
    return now < Math.max(this.#pausedUntil, this.#refusedUntil.get(kind) ?? -Infinity);
  }

  /** What Slurm lets slots wait for; empty if nothing is known. */
  get waits(): string {
    return this.#silence ?? [this.#waits, this.#mute].filter((words) => words !== "").join("; ");
  }

  /** @param nodes where slots run that have said nothing for long. */
  muteOn(nodes: ReadonlySet<string>): void {
    const where = [...nodes].toSorted().join(", ");
    const words = where === "" ? "" : `slots on ${where} run and say nothing: does the file system hang there?`;
    if (words !== "" && this.#mute === "") this.#onNotice(words);
    this.#mute = words;
  }

  /** @param isAnyThere slots of that kind: then there are fewer than there could be, and that is all. */
  refused(reason: string, kind: string, isAnyThere: boolean): void {
    this.#refusedUntil.set(kind, performance.now() + PAUSE_MS);
    const { words, remedy } = explainRefusal(reason);
    if (isAnyThere) this.#onNotice(`Slurm gives no more slots (${words}); going on with those that are there`);
    else this.#giveUp(kind, `Slurm refuses slots: ${words}. What to do: ${remedy}.`);
  }

  /** Said once, however often it is asked meanwhile. */
  silent(why: string): void {
    if (this.#silence === null) this.#onNotice(`Slurm does not answer (${why}); what runs goes on, asking it again`);
    this.#silence = `Slurm does not answer (${why})`;
  }

  /** It can be asked. */
  heard(): void {
    if (this.#silence !== null) this.#onNotice("Slurm answers again");
    this.#silence = null;
  }

  /** What was to be said to slots, or heard of them, is kept and tried again. Said now and then. */
  ofFiles({ message }: Error): void {
    const now = performance.now();
    if (now - this.#filesSaidAt < PAUSE_MS) return;
    this.#filesSaidAt = now;
    this.#onNotice(
      `the files of the slots in ${this.#dir} can't be read or written (${message}): what runs goes on, trying again`,
    );
  }

  /** Slurm can't be asked at all. */
  unreachable(error: AirError): void {
    this.#fatal ??= error;
  }

  /** @param readOutput what the slot left in its output file; null if that was never made. @param isAnyUp others have come up: it is not all of them. */
  endedSilently(number: number, lastWord: QueueEntry | null, readOutput: () => string | null, isAnyUp: boolean): void {
    // A controller that was killed forgets what it had just taken in, and nodes go: no slot has failed.
    const isForgotten = lastWord === null || lastWord.state === "queued";
    const output = readOutput();
    if ((isForgotten && (output ?? "") === "") || CLUSTERS_DOING.has(lastWord?.word ?? "")) return;
    this.#silent.add(number);
    // Slurm can't open their output: then it says no more than this.
    const isLaunch = lastWord?.reason === LAUNCH_FAILURE && output === null;
    const isUnseen = output?.includes(UNSEEN) === true;
    if (isLaunch && lastWord.node !== null) this.#unseeing.add(lastWord.node);
    if (this.#fatal !== null || (this.#silent.size < MOST_SILENT && !(isUnseen && !isAnyUp))) return;
    if ((isLaunch || isUnseen) && !isAnyUp) return this.#fail(this.#unshared(isUnseen));
    const said = (output ?? "").split("\n").slice(-MOST_LINES).join("; ");
    const words = said !== "" ? said : lastWord === null ? "no word of them" : `Slurm says ${lastWord.word}`;
    const where = [...this.#unseeing].toSorted().join(", ");
    const what = isLaunch
      ? `slots can't begin on ${where || "their nodes"} (JobLaunchFailure), where ${this.#dir} may not be seen`
      : `${this.#silent.size} slots in a row ended before they came up: ${words}`;
    this.#silent.clear();
    if (!isAnyUp) return this.#fail(`${what}. Mend that, then run it again.`);
    // A bad node, perhaps: others work, and it is not fed slot after slot.
    if (performance.now() >= this.#pausedUntil) this.#onNotice(`${what}; going on with the slots that are there`);
    this.#pausedUntil = performance.now() + PAUSE_MS;
  }

  #unshared(isCertain: boolean): string {
    const what = isCertain
      ? "a node does not see"
      : "slots can't begin (JobLaunchFailure), most likely since their nodes don't see";
    return `${what} ${this.#dir}: the directory of jobs must be on a file system that login node and nodes share. Choose it with --dir.`;
  }

  /** Slots end before a task has to. */
  timeIsTooShort(limitMs: number, lastingMs: number, kind: string): void {
    const [has, may] = [limitMs / 1000, lastingMs / 1000];
    this.#giveUp(
      kind,
      `a task may take ${may} s (its timeout), and Slurm ends slots after ${has} s: give a longer --time, another --partition, or a shorter timeout.`,
    );
  }

  cameUp(): void {
    this.#silent.clear();
  }

  /** @param neededKind of a slot, if there is no other one of it; else undefined: what waits for ever and is not needed is only said. */
  waiting(entries: Iterable<readonly [slot: number, entry: QueueEntry]>, neededKind: (slot: number) => string | undefined): void {
    const slots = new Map<string, number[]>();
    for (const [slot, { state, reason }] of entries)
      if (state === "queued" && reason !== null) slots.set(reason, [...(slots.get(reason) ?? []), slot]);
    const waits = [...slots].map(([reason, waiting]) => ({ why: explainWait(reason), waiting }));
    this.#waits = waits.map(({ why }) => why.words).join("; ");
    for (const { why, waiting } of waits) {
      if (why.remedy === null) continue;
      const message = `Slurm will not start the slots: ${why.words}. What to do: ${why.remedy}.`;
      for (const kind of new Set(waiting.flatMap((slot) => neededKind(slot) ?? []))) this.#giveUp(kind, message);
    }
  }

  #giveUp(kind: string, message: string): void {
    if (!this.#hopeless.has(kind)) this.#hopeless.set(kind, new AirError("AIR_SYSTEM", message));
  }

  #fail(message: string): void {
    this.#fatal ??= new AirError("AIR_SYSTEM", message);
  }
}
