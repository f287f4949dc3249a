/** Who goes first: between jobs, between their queues, and who is overtaken within a job. Pure. */

import type { Candidate, Member, Queue } from "./queue.js";

export function isFairer(a: Member, b: Member): boolean {
  if (a.slots !== b.slots) return a.slots < b.slots;
  return a.servedAt === b.servedAt ? a.number < b.number : a.servedAt < b.servedAt;
}

export function goesBefore(a: Queue, b: Queue): boolean {
  return a.job === b.job ? a.job.ready.goesBefore(a.head!, b.head!) : isFairer(a.turn.member, b.turn.member);
}

/** Within the job: the best of those that its own pools hold back, if it goes before what starts. */
export function passOverOwn<Job extends Candidate>(queue: Queue<Job>, { queues, gate }: Member<Job>, now: number): void {
  const { ready } = queue.job;
  let best = queue.head!;
  let overtaken: Queue<Job> | null = null;
  for (const other of queues.values()) {
    const head = ready.headOf(other.demand);
    if (other === queue || head === undefined || other.head !== undefined || !ready.goesBefore(head, best)) continue;
    best = head;
    overtaken = other;
  }
  if (overtaken !== null) gate?.passOver(overtaken, overtaken.holding.own, now);
}

/** Room in the job's own pools that is kept for a queue in which nothing may start any more is free again: before any queue is looked at. */
export function withdrawOwn<Job extends Candidate>({ gate, isOpen }: Member<Job>): void {
  const queue = gate?.reservedFor ?? null;
  if (queue !== null && (!isOpen || queue.job.ready.headOf(queue.demand) === undefined)) gate?.withdraw(queue);
}
