/**
 * One pool of slots: asks Slurm for more of them, hears what Slurm and the slots say, and gives slots back. Which attempt goes where is not its
 * business.
 */

import { AirError } from "../domain/errors.js";
import type { RanOn } from "../domain/task.js";
import type { Cluster } from "./cluster.js";
import { CommandText } from "./command-text.js";
import type { TakenPool } from "./pools.js";
import type { QueueEntry } from "./queue-states.js";
import { QueueTimes } from "./queue-times.js";
import { SlotChannel, type ChannelListener } from "./slot-channel.js";
import { SlotLife, type SlotLimits } from "./slot-life.js";
import { nameOf, type SlotKind } from "./slot-kind.js";
import { SlotTroubles } from "./slot-troubles.js";
import { Submissions, type Submission } from "./submissions.js";
import { explainRefusal } from "./refusals.js";
import { sbatchArguments, slotScript, type SlotSeconds, type SlurmWishes } from "./submission.js";

export interface PoolOptions {
  readonly cluster: Cluster;
  readonly wishes: SlurmWishes;
  readonly limits: SlotLimits;
  readonly seconds: SlotSeconds;
  readonly runnerOptions: readonly string[];
  readonly onNotice: (text: string) => void;
}

/** Each engine that has a pool counts its keys from 0 again: so many are its own. */
const KEYS_OF_A_GENERATION = 2 ** 24;

export class SlotPool {
  readonly troubles: SlotTroubles;
  readonly #taken: TakenPool;
  readonly #options: PoolOptions;
  readonly #listener: Omit<ChannelListener, "onTrouble">;
  readonly #submissions: Submissions;
  readonly #channels = new Map<number, SlotChannel>();
  readonly #texts = new Map<number, CommandText>();
  readonly #reserved = new Set<number>();
  /** By the name of their kind, as of the last look: an attempt is over when its slot was looked at. */
  readonly #free = new Map<string, SlotChannel[]>();
  /** By the name of their kind: how long those may live that this engine has asked for. */
  readonly #limits = new Map<string, number>();
  readonly #askedFor = new Set<string>();
  readonly #times: QueueTimes;
  /** Kinds of which it was said that there will be no slots. */
  readonly #told = new Set<string>();
  #isBusy = false;
  /** Slots in one submission, as far as it is known what Slurm takes. */
  #mostAtOnce = Infinity;

  constructor(taken: TakenPool, options: PoolOptions, listener: Omit<ChannelListener, "onTrouble">) {
    this.#taken = taken;
    this.#options = options;
    this.#listener = listener;
    this.troubles = new SlotTroubles(taken.files.dir, options.onNotice);
    this.#times = new QueueTimes(options.limits.leaseMs);
    this.#submissions = new Submissions(taken);
    for (const each of this.#submissions.all) this.#addChannels(each);
  }

  get token(): string {
    return this.#taken.record.token;
  }

  get generation(): number {
    return this.#taken.record.generation;
  }

  /**
   * How many slots, of one kind or of all, were asked for and are not up, how many of these Slurm has given a node, how many are up, and how
   * many of them have nothing to do.
   */
  state(kind: string | null = null): Record<"queued" | "starting" | "up" | "idle", number> {
    const ours = [...this.#channels.values()].filter((channel) => kind === null || channel.kindName === kind);
    const up = ours.filter(({ life }) => life.phase.is === "up");
    const queued = ours.filter(({ life }) => life.phase.is === "asked" || life.phase.is === "queued");
    const starting = queued.filter(({ life }) => life.lastWord !== null && life.lastWord.node !== null);
    const idle = up.filter(({ load }) => load === 0);
    return { queued: queued.length, starting: starting.length, up: up.length, idle: idle.length };
  }

  /** Why nothing more will be started; null as long as there may be slots of any kind that is asked for. */
  get hopeless(): AirError | null {
    const { fatal, hopeless } = this.troubles;
    if (fatal !== null || hopeless.size === 0 || this.#isBusy) return fatal;
    const isComing = ({ life: { phase } }: SlotChannel): boolean => phase.is === "asked" || phase.is === "queued";
    if (this.#hopefulSlots.some(isComing)) return null;
    const [first = null] = hopeless.values();
    return first;
  }

  get #hopefulSlots(): SlotChannel[] {
    return [...this.#channels.values()].filter(({ kindName }) => !this.troubles.hopeless.has(kindName));
  }

  /** What will never start is told before the others are through. */
  #tellHopeless(): void {
    const isOfUse = ({ life: { phase }, load }: SlotChannel): boolean =>
      phase.is === "asked" || phase.is === "queued" || load > 0;
    for (const [kind, { message }] of this.troubles.hopeless) {
      if (this.#told.has(kind) || !this.#hopefulSlots.some(isOfUse)) continue;
      this.#told.add(kind);
      this.#options.onNotice(`${message} Going on with what fits.`);
    }
  }

  /** True if none of its slots runs, or waits for its turn. */
  get hasEnded(): boolean {
    return [...this.#channels.values()].every(({ life, load }) => life.phase.is === "ended" && load === 0);
  }

  /** Brings what an earlier engine left up to date. */
  resume(): void {
    for (const channel of this.#channels.values()) {
      channel.resume();
      channel.look();
    }
  }

  /** Hears again what slots said that have something now. */
  replay(): void {
    for (const channel of this.#channels.values()) if (channel.load > 0) channel.replay();
  }

  get #isOver(): boolean {
    return this.#options.cluster.isGivenUp;
  }

  channel(number: number): SlotChannel | undefined {
    return this.#channels.get(number);
  }

  /** @param channel of a slot that is up. */
  whereIs({ number, life }: SlotChannel): RanOn {
    return { node: life.node, slurmJob: this.#submissions.idOf(number, life.job) };
  }

  textOf(channel: SlotChannel): CommandText {
    let text = this.#texts.get(channel.number);
    if (text === undefined) this.#texts.set(channel.number, (text = new CommandText()));
    return text;
  }

  /** The number by which a slot knows an attempt of an engine, the present one by default. */
  wireKey(key: number, generation = this.generation): number {
    return generation * KEYS_OF_A_GENERATION + key;
  }

  /**
   * A slot of that kind that is up and has nothing to do, and time enough; it is taken until it is given back or its attempts have ended.
   *
   * @param lastingMs what it is for may take so long.
   */
  reserve(kind: string, lastingMs: number, now: number): SlotChannel | undefined {
    const free = this.#free.get(kind) ?? [];
    const place = free.findLastIndex((channel) => this.#isFree(channel) && channel.hasTimeFor(lastingMs, now));
    const [channel] = place < 0 ? [] : free.splice(place, 1);
    if (channel !== undefined) this.#reserved.add(channel.number);
    return channel;
  }

  /** How many slots of a kind have nothing to do, and time enough for what may take so long. */
  idleFor(kind: string, lastingMs: number, now: number): number {
    const idle = [...this.#channels.values()].filter((channel) => channel.kindName === kind && this.#isFree(channel));
    return idle.filter((channel) => channel.hasTimeFor(lastingMs, now)).length;
  }

  /** True if slots of that kind end sooner than what waits for them may: then there is no point in asking for them. */
  isTooLong(kind: string, lastingMs: number): boolean {
    const limitMs = this.#limits.get(kind) ?? Infinity;
    if (lastingMs > limitMs) this.troubles.timeIsTooShort(limitMs, lastingMs, kind);
    return lastingMs > limitMs;
  }

  #noteFree(channel: SlotChannel): void {
    const free = this.#free.get(channel.kindName);
    if (free === undefined) this.#free.set(channel.kindName, [channel]);
    else free.push(channel);
  }

  #isFree({ number, life, load }: SlotChannel): boolean {
    return life.phase.is === "up" && load === 0 && !this.#reserved.has(number);
  }

  release(number: number): void {
    this.#reserved.delete(number);
  }

  /** Reads what slots say. True if one of them said anything. */
  look(now: number, isThorough: boolean): boolean {
    let hasNews = false;
    this.#free.clear();
    for (const channel of this.#channels.values()) {
      const { is } = channel.life.phase;
      if (is !== "ended" && (isThorough || channel.load > 0) && channel.look()) hasNews = true;
      channel.tick(now);
      if (channel.life.phase.is === "ended" && channel.load === 0) this.#bury(channel);
      if (this.#isFree(channel)) this.#noteFree(channel);
    }
    return hasNews;
  }

  /** A sign of life to all slots, which end without one when they have nothing to do. */
  beat(): void {
    for (const { number, life } of this.#channels.values()) if (life.phase.is !== "ended") this.#tell(number);
  }

  /** Gives back slots of a kind that have nothing to do. */
  closeIdle(kind: string, count: number): void {
    let left = count;
    for (const channel of this.#channels.values()) {
      if (left === 0) return;
      if (channel.kindName !== kind || !this.#isFree(channel)) continue;
      channel.life.close();
      this.#tell(channel.number);
      left -= 1;
    }
  }

  /** Asks Slurm for so many more of a kind. */
  async add(kind: SlotKind, count: number): Promise<void> {
    if (this.#isBusy || this.#isOver || this.troubles.isPausing(nameOf(kind), performance.now())) return;
    this.#isBusy = true;
    try {
      await this.#submit(kind, Math.min(count, this.#mostAtOnce));
    } catch (error) {
      if (error instanceof AirError) this.troubles.unreachable(error);
      else this.troubles.ofFiles(error as Error);
    } finally {
      this.#isBusy = false;
    }
    // How long they may live, for one thing.
    await this.hearQueue(performance.now());
  }

  /** Hears what Slurm says, if that is due. */
  async hearQueue(now: number): Promise<void> {
    this.#taken.lock.beat();
    for (const { number, life } of this.#channels.values()) if (life.hasToBeFenced) this.#tell(number);
    const isDoubtful = [...this.#channels.values()].some(({ life }) => life.isDoubtful);
    if (this.#isBusy || this.#isOver || this.#channels.size === 0 || !this.#times.isDue(now, isDoubtful)) return;
    this.#isBusy = true;
    try {
      const { entries, why } = await this.#options.cluster.queue(this.#taken.record.name);
      if (this.#isOver) return;
      if (entries === null) this.troubles.silent(why);
      else {
        this.troubles.heard();
        this.#apply(entries, performance.now());
      }
      this.#times.asked(performance.now(), entries === null || this.state().queued === 0);
    } finally {
      this.#isBusy = false;
    }
    this.#tellHopeless();
  }

  /** Tells all slots to end when they are through, and takes those that wait out of the queue. */
  async close(): Promise<void> {
    const open = [...this.#channels.values()].filter(({ life }) => life.phase.is !== "ended");
    for (const { number, life } of open) {
      life.close();
      this.#tell(number, "close");
    }
    if (open.every(({ life }) => life.hasSaidHello)) return;
    await this.#options.cluster.cancelWaiting(this.#taken.record.name);
    for (const { life } of open)
      if (!life.hasSaidHello && life.lastWord?.state !== "running") life.bye("it was taken out of the queue");
  }

  /** Gives the pool back; its directory goes if nothing of it can be left. */
  giveBack(keeps: boolean): void {
    if (!keeps && this.hasEnded) this.#taken.files.remove();
    this.#taken.lock.release();
  }

  async #submit(kind: SlotKind, count: number): Promise<void> {
    const { files, record } = this.#taken;
    const { cluster, wishes, seconds, runnerOptions } = this.#options;
    const asked = this.#submissions.intend(kind, count);
    const { base } = asked;
    this.#addChannels(asked);
    const args = sbatchArguments({ dir: files.dir, name: record.name, base, count }, wishes, kind);
    const answer = await cluster.submit(args, slotScript(files.dir, base, seconds, runnerOptions));
    if (this.#isOver) return;
    switch (answer.is) {
      case "accepted":
        this.#submissions.accepted(asked, answer.job);
        this.#askedFor.add(answer.job);
        this.#times.hurry();
        return;
      case "unclear":
        // Its slots say hello if they come to be.
        this.troubles.silent(answer.reason);
        this.#times.hurry();
        return;
      case "refused": {
        this.#submissions.refused(asked);
        for (let number = base; number < base + count; number += 1) this.#channels.delete(number);
        const name = nameOf(kind);
        const { queued, up } = this.state(name);
        // As many as it takes: half of them, and half of those.
        if (explainRefusal(answer.reason).isOfNumber && count > 1) this.#mostAtOnce = Math.floor(count / 2);
        else this.troubles.refused(answer.reason, name, queued + up > 0);
      }
    }
  }

  #apply(entries: readonly QueueEntry[], now: number): void {
    const byNumber = new Map<number, QueueEntry>();
    for (const entry of entries) {
      const base = this.#submissions.baseOf(entry.job);
      if (base === undefined) continue;
      byNumber.set(base + entry.slot, entry);
      const channel = this.#channels.get(base + entry.slot);
      if (channel !== undefined && entry.limitMs !== null && this.#askedFor.has(entry.job))
        this.#limits.set(channel.kindName, entry.limitMs);
    }
    const isAnyUp = this.state().up > 0;
    for (const { number, life } of this.#channels.values()) {
      const before = life.phase.is;
      life.hear(byNumber.get(number) ?? null, now);
      if (life.hasToBeFenced) this.#tell(number);
      if (life.phase.is === "ended" && before !== "ended" && !life.hasSaidHello)
        this.troubles.endedSilently(number, life.lastWord, () => this.#taken.files.readOutput(number), isAnyUp);
      if (life.phase.is === "up") this.troubles.cameUp();
    }
    const mute = [...this.#channels.values()].filter(({ life }) => life.isMute(now));
    this.troubles.muteOn(new Set(mute.map(({ life }) => life.lastWord?.node ?? "a node")));
    this.troubles.waiting(byNumber, (number) => {
      const kind = this.#channels.get(number)?.kindName;
      return kind === undefined || this.state(kind).up > 0 ? undefined : kind;
    });
  }

  /** Has what is to be said to a slot in its files, if that can be done now. One that hears nothing of its end ends by itself some time. */
  #tell(number: number, word: "run" | "close" = "run"): void {
    const { life } = this.#channels.get(number)!;
    const { is } = life.phase;
    try {
      this.#taken.files.tell(number, is === "fencing" ? "fence" : is === "closing" ? "close" : word);
    } catch (error) {
      return this.troubles.ofFiles(error as Error);
    }
    life.fenceTold(performance.now());
  }

  #bury({ number }: SlotChannel): void {
    this.#reserved.delete(number);
    this.#texts.delete(number);
  }

  #addChannels({ base, count, kind }: Submission): void {
    for (let number = base; number < base + count; number += 1) {
      const life = new SlotLife(this.#options.limits);
      const listener = { ...this.#listener, onTrouble: (error: Error) => this.troubles.ofFiles(error) };
      this.#channels.set(number, new SlotChannel(number, kind, life, this.#taken.files, listener));
    }
  }
}
