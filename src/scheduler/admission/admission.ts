/**
 * Which task may start next: of those that fit into what is free the best one. Between jobs the one with the fewest attempts in flight goes
 * first, among equals the one that has waited longest, so that a job of 50,000 tasks does not starve one of three; within a job the task
 * that its plan puts first.
 *
 * Ready tasks that take the same stand in one queue, and only the first of each is looked at: what a start costs grows with the number of
 * different demands, not with what is ready. Told by the scheduler what changes; has no clock and starts nothing.
 */

import { DEFAULT_RESOURCES, type Resources } from "../../domain/resources.js";
import { IndexedHeap } from "../plan/indexed-heap.js";
import { Gate } from "./gate.js";
import { obstacleOf, type Obstacle } from "./hold-ups.js";
import { NO_POOL, Pools, type Shares } from "./pools.js";
import { goesBefore, isFairer, passOverOwn, withdrawOwn } from "./order.js";
import type { Candidate, Holding, Kind, Member, Queue, Turn } from "./queue.js";

/** The pool of a job's own `concurrency`, of which each of its tasks takes one: no pool that somebody declares has this name. */
const TASKS = "";
const NOTHING: Shares = [];

export class Admission<Job extends Candidate> {
  readonly #gate: Gate<Queue<Job>>;
  readonly #members = new Map<Candidate, Member<Job>>();
  readonly #kinds = new Map<string, Kind>();
  /** Those with turns: what `pick` has to look at. */
  readonly #waiting: Kind[] = [];
  readonly #turns: (Turn<Job> | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #choices = 0;
  #jobs = 0;
  /** Queues and holdings of other demands than the plain one. */
  #odd = 0;
  /** Whose turn it would have been at the last pick, if that lacks room. */
  #overtaken: Queue<Job> | null = null;

  /** @param pools those of the engine; `cpu` is among them. */
  constructor(pools: Resources) {
    this.#gate = new Gate(new Pools(pools));
  }

  add(job: Job): void {
    const own = { ...job.pools, ...(job.limit < Infinity && { [TASKS]: job.limit }) };
    const gate = Object.keys(own).length > 0 ? new Gate<Queue<Job>>(new Pools(own)) : null;
    const order = { number: ++this.#jobs, slots: 0, servedAt: 0, chosenAt: 0 };
    this.#members.set(job, { queues: new Map(), turns: new Map(), gate, ...order, isOpen: false });
    this.refresh(job);
  }

  remove(job: Job): void {
    for (const turn of this.#memberOf(job).turns.values()) {
      this.#leave(turn);
      for (const queue of turn.queues) {
        this.#gate.withdraw(queue);
        this.#countOdd(queue.holding, -1);
      }
      this.#turns[turn.slot] = undefined;
      this.#freeSlots.push(turn.slot);
      turn.kind.users -= 1;
      if (turn.kind.users === 0) this.#kinds.delete(keyOf(turn.kind.shares));
    }
    this.#members.delete(job);
  }

  /** Whether a job is open, which of its tasks are ready, or how many run may have changed. */
  refresh(job: Job): void {
    const member = this.#memberOf(job);
    const changed = new Set(job.ready.takeChanged().map((demand) => this.#queueOf(job, member, demand).turn));
    // Of a job that is alone, and has no pools of its own, nothing else can have changed its place.
    const isAlone = this.#members.size === 1 && member.gate === null && member.isOpen === job.isOpen;
    const turns = isAlone ? changed : member.turns.values();
    for (const turn of changed) this.#leave(turn);
    if (!isAlone) for (const turn of member.turns.values()) this.#leave(turn);
    member.slots = job.slots;
    member.servedAt = member.chosenAt;
    member.isOpen = job.isOpen;
    withdrawOwn(member);
    for (const turn of turns) this.#settle(turn, member);
  }

  /** False if there is such a pool. What was looked at before takes nothing of it. */
  declare(pool: string, size: number): boolean {
    return this.#gate.pools.declare(pool, size);
  }

  /** So much more of a pool is free, for reasons of its own, or, below 0, less. */
  change(pool: string, by: number): void {
    this.#gate.pools.give(this.#gate.pools.sharesOf({ [pool]: by }));
  }

  /** So much of that pool would be of use: what ready tasks would take for which there is room otherwise, and the one that is next anyway. */
  wantedOf(pool: string): number {
    const { pools } = this.#gate;
    const number = pools.numberOf(pool);
    return number === NO_POOL ? 0 : this.#waiting.reduce((most, { shares }) => Math.max(most, pools.usableOf(number, shares)), 0);
  }

  /** False if anything that runs, or that jobs have ready now or had before, takes something else than one cpu. */
  get isPlain(): boolean {
    return this.#odd === 0;
  }

  /** The queue whose first task may start; null if there is none. Changes nothing. @param aside kinds for which there is no slot. */
  pick(aside?: ReadonlySet<Kind>): Queue<Job> | null {
    this.#overtaken = null;
    const reserved = this.#gate.reservedFor;
    const hasSlot = reserved !== null && aside?.has(reserved.turn.kind) !== true;
    if (hasSlot && this.#gate.obstacleOf(reserved, reserved.holding.shared) === NO_POOL) return reserved;
    let best: Queue<Job> | null = null;
    let fitting: Queue<Job> | null = null;
    for (const kind of this.#waiting) {
      if (aside?.has(kind) === true) continue;
      const queue = this.#turns[kind.heap.first()!]!.first!;
      if (best === null || goesBefore(queue, best)) best = queue;
      if (fitting !== null && goesBefore(fitting, queue)) continue;
      if (this.#gate.obstacleOf(queue, kind.shares) === NO_POOL) fitting = queue;
    }
    if (fitting !== best) this.#overtaken = best;
    return fitting;
  }

  /** The queue whose turn it is, whether or not there is room; null if nothing is ready. Only while `isPlain`. Changes nothing. */
  next(): Queue<Job> | null {
    const [kind] = this.#waiting;
    return kind === undefined ? null : this.#turns[kind.heap.first()!]!.first;
  }

  /** A task of the job is handed over ahead: others go before its next. `refresh` must follow. */
  pass(job: Job): void {
    this.#memberOf(job).chosenAt = ++this.#choices;
  }

  /** The first task of the queue that was picked starts: it takes what it needs. `refresh` must follow. @param now monotonic milliseconds. */
  start(queue: Queue<Job>, now: number): Holding {
    const { job, holding } = queue;
    const member = this.#memberOf(job);
    if (this.#overtaken !== null) this.#gate.passOver(this.#overtaken, this.#overtaken.holding.shared, now);
    if (member.gate !== null) passOverOwn(queue, member, now);
    queue.passes = 0;
    this.#gate.withdraw(queue);
    member.gate?.withdraw(queue);
    member.chosenAt = ++this.#choices;
    this.take(job, holding);
    return holding;
  }

  /** `refresh` must follow. */
  take(job: Job, holding: Holding): void {
    this.#countOdd(holding, 1);
    this.#gate.pools.take(holding.shared);
    this.#memberOf(job).gate?.pools.take(holding.own);
  }

  /** `refresh` must follow. */
  give(job: Job, holding: Holding): void {
    this.#countOdd(holding, -1);
    this.#gate.pools.give(holding.shared);
    this.#memberOf(job).gate?.pools.give(holding.own);
  }

  /** What an attempt of the job takes with that demand. Pools that nobody has are left out: it may be an earlier engine's. */
  holdingOf(job: Job, demand: Resources): Holding {
    const { gate } = this.#memberOf(job);
    const own = gate === null ? NOTHING : gate.pools.sharesOf(job.limit < Infinity ? { ...demand, [TASKS]: 1 } : demand);
    const isPlain = demand["cpu"] === DEFAULT_RESOURCES["cpu"] && Object.keys(demand).length === 1;
    return { demand, isPlain, shared: this.#gate.pools.sharesOf(demand), own };
  }

  /** What hinders ready tasks of the job now, the first of each demand. */
  obstaclesOf(job: Job): Obstacle[] {
    const { queues, gate } = this.#memberOf(job);
    if (!job.isOpen) return [];
    const obstacles: Obstacle[] = [];
    for (const queue of queues.values()) {
      const task = job.ready.headOf(queue.demand);
      if (task === undefined) continue;
      const { own, shared } = queue.holding;
      const ownPool = gate?.obstacleOf(queue, own) ?? NO_POOL;
      if (ownPool !== NO_POOL) obstacles.push(obstacleOf(gate!.pools, ownPool, own, { task, isOwn: true }));
      const pool = this.#gate.obstacleOf(queue, shared);
      if (pool !== NO_POOL) obstacles.push(obstacleOf(this.#gate.pools, pool, shared, { task, isOwn: false }));
    }
    return obstacles;
  }

  #memberOf(job: Job): Member<Job> {
    const member = this.#members.get(job);
    if (member === undefined) throw new Error("Internal error: a job is not admitted");
    return member;
  }

  #queueOf(job: Job, member: Member<Job>, demand: number): Queue<Job> {
    const known = member.queues.get(demand);
    if (known !== undefined) return known;
    const holding = this.holdingOf(job, job.ready.demands[demand] ?? DEFAULT_RESOURCES);
    const turn = this.#turnOf(member, this.#kindOf(holding.shared));
    const queue: Queue<Job> = { job, demand, holding, turn, head: undefined, passes: 0, passedSince: 0 };
    turn.queues.push(queue);
    member.queues.set(demand, queue);
    this.#countOdd(holding, 1);
    return queue;
  }

  #turnOf(member: Member<Job>, kind: Kind): Turn<Job> {
    const known = member.turns.get(kind);
    if (known !== undefined) return known;
    const slot = this.#freeSlots.pop() ?? this.#turns.length;
    const turn: Turn<Job> = { member, kind, queues: [], first: null, slot };
    this.#turns[slot] = turn;
    member.turns.set(kind, turn);
    kind.users += 1;
    return turn;
  }

  #kindOf(shares: Shares): Kind {
    const key = keyOf(shares);
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      const heap = new IndexedHeap((a, b) => isFairer(this.#turns[a]!.member, this.#turns[b]!.member));
      kind = { shares, heap, place: -1, users: 0 };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  #settle(turn: Turn<Job>, { gate, isOpen }: Member<Job>): void {
    for (const queue of turn.queues) {
      const { demand, holding, job } = queue;
      const head = isOpen ? job.ready.headOf(demand) : undefined;
      queue.head = gate === null || gate.obstacleOf(queue, holding.own) === NO_POOL ? head : undefined;
      if (queue.head === undefined) this.#gate.withdraw(queue);
      else if (turn.first === null || job.ready.goesBefore(queue.head, turn.first.head!)) turn.first = queue;
    }
    if (turn.first === null) return;
    const { kind } = turn;
    if (kind.place < 0) kind.place = this.#waiting.push(kind) - 1;
    kind.heap.push(turn.slot);
  }

  #countOdd({ isPlain }: Holding, by: number): void {
    if (!isPlain) this.#odd += by;
  }

  #leave(turn: Turn<Job>): void {
    const { kind } = turn;
    turn.first = null;
    if (!kind.heap.remove(turn.slot) || kind.heap.size > 0) return;
    const last = this.#waiting.pop()!;
    if (last !== kind) {
      this.#waiting[kind.place] = last;
      last.place = kind.place;
    }
    kind.place = -1;
  }
}

function keyOf(shares: Shares): string {
  return shares.map(({ pool, units }) => `${pool}:${units}`).join();
}
