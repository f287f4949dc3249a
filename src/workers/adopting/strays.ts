/**
 * What runs of a job, and no record names any more: its engine was killed, and then somebody removed the job's directory, or put an older
 * journal there. The spools of killed engines say what has begun and has no end, and the environment of its processes whose it is. A job that
 * was removed is cancelled: so this is ended before anything of that name begins.
 */

import { AirError } from "../../domain/errors.js";
import type { ClaimsInUse } from "../../domain/claims-in-use.js";
import { isForbidden, isSystemError, isWantOfRoom } from "../../system/look/error-code.js";
import type { ProcessEntry } from "../../system/process/process-table.js";
import { readEnvironment } from "../../system/process/environments.js";
import { Terminator } from "../ending/terminator.js";
import { findProcesses, JOB_VARIABLE, variablesOf, type Trace } from "../ending/trace.js";
import { isOfThisBoot } from "../engine-token.js";
import { lanesDirectoryOf, spoolPath } from "../spool-name.js";
import { LEFTOVER_GRACE_MS } from "./adopted-attempt.js";
import { leftSpools } from "./forget-spools.js";
import { openAdopted } from "./open-adopted.js";

/** An attempt of a killed engine that has begun and has no end. */
interface Stray {
  readonly claim: string;
  readonly key: number;
  readonly trace: Trace;
}

const NONE: ClaimsInUse = new Map();

export class Strays {
  readonly #directory: string;
  readonly #terminator = new Terminator();
  /** Spools that were read. */
  readonly #read = new Set<string>();
  /** By the name of the job. */
  readonly #ofJobs = new Map<string, Stray[]>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Ends those of a job. Where no engine was killed that costs a look at a directory.
   *
   * @param findOwn what the job's own record names; only asked if something of the job may run.
   * @param findInUse what all records name, null if that can't be told; only asked for what runs and is not named there.
   * @returns how many there were.
   * @throws AirError `AIR_SYSTEM`, or the system's error, if there may be some all the same: nothing of the job may begin then.
   */
  async end(job: string, findOwn: () => ClaimsInUse, findInUse: () => ClaimsInUse | null): Promise<number> {
    for (const name of leftSpools(this.#directory)) if (isOfThisBoot(name) && !this.#read.has(name)) await this.#readSpool(name);
    const strays = this.#ofJobs.get(job);
    if (strays === undefined) return 0;
    const unnamed = unnamedBy(findOwn(), strays);
    const there = processesOf(unnamed.map(({ trace }) => trace));
    const running = unnamed.filter(({ trace }) => there.get(trace)!.length > 0);
    const inUse = running.length === 0 ? NONE : findInUse();
    if (inUse === null) throw untold(job, "a journal of the directory can't be read");
    const found = unnamedBy(inUse, running);
    await Promise.all(found.map(({ trace }) => this.#end(job, trace)));
    this.#ofJobs.delete(job);
    return found.length;
  }

  #end(job: string, trace: Trace): Promise<void> {
    return new Promise((resolve, reject) => {
      const onStuck = (processes: number): void => reject(untold(job, `${processes} of its processes can't be ended`));
      this.#terminator.begin(trace, LEFTOVER_GRACE_MS, { onGone: resolve, onStuck }).resultIsKnown();
    });
  }

  async #readSpool(name: string): Promise<void> {
    const path = spoolPath(lanesDirectoryOf(this.#directory), name);
    // One that can't be read keeps no job from running: what is named there is waited for by those who name it.
    const unended = await unendedIn(path).catch((error: unknown) => {
      if (isWantOfRoom(error) || !isSystemError(error)) throw error;
      return null;
    });
    if (unended === null) return;
    for (const { key, trace, processes } of unended) {
      const job = this.#jobOf(processes);
      if (job !== null) this.#ofJobs.set(job, [...(this.#ofJobs.get(job) ?? []), { claim: name, key, trace }]);
    }
    this.#read.add(name);
  }

  /** As the first says that knows: what a task runs may have a job of its own. */
  #jobOf(processes: readonly ProcessEntry[]): string | null {
    const [ours] = variablesOf(this.#directory, "", "", 0);
    for (const { pid } of processes) {
      const look = readEnvironment(pid);
      if (look.answer === "unknown" && !isForbidden(look.why)) throw look.why;
      const variables = look.answer === "yes" && look.found.includes(ours!) ? look.found : [];
      const variable = variables.find((one) => one.startsWith(JOB_VARIABLE));
      if (variable !== undefined) return variable.slice(JOB_VARIABLE.length);
    }
    return null;
  }
}

async function unendedIn(path: string): Promise<{ key: number; trace: Trace; processes: readonly ProcessEntry[] }[]> {
  const first = await openAdopted(path, []);
  if (first === null) return [];
  first.read();
  const keys = [...first.unended];
  first.close();
  const spool = keys.length === 0 ? null : await openAdopted(path, keys);
  if (spool === null) return [];
  spool.read();
  // Without mark and group it is known by its environment alone, which is what is to be found out.
  const traces = keys.map((key) => ({ key, trace: spool.trace(key, []) }));
  spool.close();
  const processes = processesOf(traces.map(({ trace }) => trace));
  return traces.map(({ key, trace }) => ({ key, trace, processes: processes.get(trace)! }));
}

function unnamedBy(claims: ClaimsInUse, strays: readonly Stray[]): readonly Stray[] {
  return strays.filter(({ claim, key }) => claims.get(claim)?.has(key) !== true);
}

function processesOf(traces: readonly Trace[]): Map<Trace, ProcessEntry[]> {
  if (traces.length === 0) return new Map();
  const found = findProcesses(traces);
  if (found.answer === "unknown") throw found.why;
  return found.found;
}

function untold(job: string, why: string): AirError {
  const message = `tasks of an earlier run of job "${job}" may still run, though no record names them: ${why}. Nothing of it is started until they have ended.`;
  return new AirError("AIR_SYSTEM", message);
}
