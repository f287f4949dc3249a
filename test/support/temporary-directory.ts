/** A directory of jobs that goes with its test, and takes every process of it along. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { killAll } from "./processes.js";

export interface Place {
  /** Holds everything. */
  readonly root: string;
  /** `.air-executor`. */
  readonly dir: string;
  /** What the tasks write. */
  readonly witness: string;
}

export function makePlace(): Place {
  const root = mkdtempSync(join(tmpdir(), "air-executor-crash-"));
  return { root, dir: join(root, "air"), witness: join(root, "witness") };
}

export function clearPlace({ root, dir }: Place): void {
  killAll(dir);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

export function temporaryPlace(t: TestContext): Place {
  const place = makePlace();
  t.after(() => clearPlace(place));
  return place;
}
