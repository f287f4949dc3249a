/**
 * The Piscina whose threads serve a pool. Loading it and starting a thread takes a tenth of a second, in which others can read a job:
 * so it can be done ahead. It knows nothing of what they do.
 */

import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Piscina } from "piscina";
import { AirError } from "../domain/errors.js";
import { demandPart, loadByPath, missingPart } from "../system/look/missing-part.js";

interface PiscinaPackage {
  readonly Piscina: typeof Piscina;
}

interface Spare {
  readonly threads: Promise<Piscina>;
  isTaken: boolean;
}

/** Made before anybody wanted them. */
let spare: Spare | null = null;

/**
 * Starts a thread of the next pool; resolves when it is on its way. If no pool follows, the thread keeps no process from ending.
 *
 * @throws AirError `AIR_SYSTEM` if a part of our own that it takes is missing.
 */
export async function startThreadsAhead(): Promise<void> {
  if (spare !== null) return;
  const mine: Spare = { threads: startThreads(), isTaken: false };
  spare = mine;
  let threads: Piscina;
  try {
    threads = await mine.threads;
  } catch (error) {
    // Whoever has them hears why; whoever comes later may have more luck.
    if (!mine.isTaken) spare = null;
    if (error instanceof AirError) throw error;
    return;
  }
  threads.on("error", () => {
    // Whoever has them listens, too. Before, others may have more luck (the current directory is gone).
    if (mine.isTaken) return;
    spare = null;
    void threads.destroy();
  });
}

/** For one pool, which listens for errors and destroys it. The first thread is there at once, others with the first call that needs one. */
export function takeThreads(): Promise<Piscina> {
  if (spare === null) return startThreads();
  const taken = spare;
  taken.isTaken = true;
  spare = null;
  return taken.threads;
}

/** @throws AirError `AIR_SYSTEM` if a part of our own is missing; what Node could not load for another reason, which may pass. */
async function startThreads(): Promise<Piscina> {
  const here = fileURLToPath(import.meta.url);
  const { Piscina } = await import("piscina").catch((error: unknown) => {
    const missing = missingPart(error);
    if (missing !== null) throw missing;
    return loadByPath("piscina", dirname(here), error) as PiscinaPackage;
  });
  const filename = join(dirname(here), `entry${extname(here)}`);
  demandPart(filename);
  return new Piscina({
    filename,
    minThreads: 1,
    maxThreads: 2,
    // A thread is never idle for long, and must not be ended if it were.
    idleTimeout: Infinity,
    // The default freezes a thread's timers and events between tasks.
    atomics: "disabled",
    // Where Node copies it by itself, a variable without a name ends the process.
    env: { ...process.env },
  });
}
