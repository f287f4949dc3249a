/**
 * The Piscina whose threads serve a pool. Loading it and starting a thread takes a tenth of a second, in which others can read a job:
 * so it can be done ahead. Used by pool.ts.
 */

import type { Piscina } from "piscina";

/** Made before anybody wanted it. */
let ahead: Promise<Piscina> | null = null;

/** Starts a thread of the next pool; resolves when it is on its way. If no pool follows, the thread keeps no process from ending. */
export async function startThreadsAhead(): Promise<void> {
  ahead ??= startThreads();
  await ahead;
}

/** For one pool, which destroys it. The first thread is there at once, others with the first call that needs one. */
export function takeThreads(): Promise<Piscina> {
  const threads = ahead ?? startThreads();
  ahead = null;
  return threads;
}

async function startThreads(): Promise<Piscina> {
  const { Piscina } = await import("piscina");
  return new Piscina({
    filename: new URL("./entry.js", import.meta.url).href,
    minThreads: 1,
    maxThreads: 2,
    // A thread is never idle for long, and must not be ended if it were.
    idleTimeout: Infinity,
    // The default freezes a thread's timers and events between tasks.
    atomics: "disabled",
  });
}
