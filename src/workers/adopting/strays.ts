/**
 * What runs of a job, and no record names any more: its engine was killed, and then somebody removed the job's directory, or put an older
 * journal there. The spools of killed engines say what has begun and has no end, and the environment of its processes whose it is. A job that
 * was removed is cancelled: so this is ended before anything of that name begins.
 */

import { AirError } from "../../domain/errors.js";
import type { ClaimsInUse } from "../../domain/claims-in-use.js";
import { isForbidden, isSystemError, isWantOfRoom } from "../../system/look/error-code.js";
import { isSameDirectory } from "../../system/look/same-directory.js";
import type { ProcessEntry } from "../../system/process/process-table.js";
import { readEnvironment } from "../../system/process/environments.js";
import { Terminator } from "../ending/terminator.js";
import { DIRECTORY_VARIABLE, JOB_VARIABLE, type Trace } from "../ending/trace.js";
import { isOfThisBoot } from "../engine-token.js";
import { lanesDirectoryOf, spoolPath } from "../spool-name.js";
import { LEFTOVER_GRACE_MS } from "./adopted-attempt.js";
import { leftSpools } from "./forget-spools.js";
import { RemovedSpools } from "./removed-spools.js";
import { unendedIn } from "./unended.js";

/** An attempt of a killed engine that has begun, has no end, and runs. */
interface Stray {
  readonly claim: string;
  readonly key: number;
  readonly trace: Trace;
  /** The name of the job; null if that is not known. */
  readonly job: string | null;
}

export class Strays {
  readonly #directory: string;
  readonly #removedSpools: RemovedSpools;
  readonly #terminator = new Terminator();
  /** Where spools can be read that have no name any more. */
  #removed: ReadonlyMap<string, string> = new Map();
  /** What ran when they were read, by the spools. */
  readonly #seenIn = new Map<string, readonly Stray[]>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#removedSpools = new RemovedSpools(directory);
  }

  /**
   * Ends those of a job. Where no engine was killed that costs a look at a directory.
   *
   * @param findOwn what the job's own record names; only asked if something of the job may run.
   * @param findInUse what all records name; only asked for what runs and is not named there. Throws if that can't be told.
   * @returns how many there were.
   * @throws AirError `AIR_SYSTEM`, or the system's error, if there may be some all the same: nothing of the job may begin then.
   */
  async end(job: string, findOwn: () => ClaimsInUse, findInUse: () => ClaimsInUse): Promise<number> {
    const seen = await this.#seenOf(job);
    const unnamed = seen.length === 0 ? [] : unnamedBy(findOwn(), seen);
    const running = await this.#stillRunning(unnamed);
    const found = running.length === 0 ? [] : unnamedBy(askForAll(job, findInUse), running);
    await Promise.all(found.map(({ trace }) => this.#end(job, trace)));
    return found.length;
  }

  async #seenOf(job: string): Promise<Stray[]> {
    const seen: Stray[] = [];
    this.#removed = this.#removedSpools.find();
    for (const spool of new Set([...leftSpools(this.#directory), ...this.#removed.keys()])) {
      if (!isOfThisBoot(spool)) continue;
      const strays = this.#seenIn.get(spool) ?? (await this.#readSpool(spool));
      seen.push(...strays.filter((stray) => stray.job === job));
    }
    return seen;
  }

  /** Those of which nothing has become known since: what has ended may have left something behind, which is nobody's. */
  async #stillRunning(seen: readonly Stray[]): Promise<Stray[]> {
    const running: Stray[] = [];
    for (const claim of new Set(seen.map((stray) => stray.claim))) {
      const keys = new Set(seen.flatMap((stray) => (stray.claim === claim ? [stray.key] : [])));
      running.push(...(await this.#readSpool(claim)).filter(({ key }) => keys.has(key)));
    }
    return running;
  }

  #end(job: string, trace: Trace): Promise<void> {
    return new Promise((resolve, reject) => {
      const onStuck = (processes: number): void => {
        this.#terminator.giveUp(termination);
        reject(untold(job, `${processes} of its processes can't be ended`));
      };
      const termination = this.#terminator.begin(trace, LEFTOVER_GRACE_MS, { onGone: resolve, onStuck });
      termination.resultIsKnown();
    });
  }

  /** One that can't be read keeps no job from running: what is named there is waited for by those who name it. */
  async #readSpool(claim: string): Promise<readonly Stray[]> {
    const removed = this.#removed.get(claim);
    const path = removed ?? spoolPath(lanesDirectoryOf(this.#directory), claim);
    const unended = await unendedIn(path, { isRemoved: removed !== undefined }).catch((error: unknown) => {
      if (isWantOfRoom(error) || !isSystemError(error)) throw error;
      return null;
    });
    if (unended === null) return [];
    const running = unended.filter(({ processes }) => processes.length > 0);
    const strays = running.map(({ key, trace, processes }) => ({ claim, key, trace, job: this.#jobOf(processes) }));
    this.#seenIn.set(claim, strays);
    return strays;
  }

  /** As the first says that knows: what a task runs may have a job of its own. */
  #jobOf(processes: readonly ProcessEntry[]): string | null {
    for (const { pid } of processes) {
      const look = readEnvironment(pid);
      if (look.answer === "unknown" && !isForbidden(look.why)) throw look.why;
      const variables = look.answer === "yes" && look.found.some((one) => this.#isOurs(one)) ? look.found : [];
      const variable = variables.find((one) => one.startsWith(JOB_VARIABLE));
      if (variable !== undefined) return variable.slice(JOB_VARIABLE.length);
    }
    return null;
  }

  /** A link or a mount gives the directory another path. */
  #isOurs(variable: string): boolean {
    return variable.startsWith(DIRECTORY_VARIABLE) && isSameDirectory(variable.slice(DIRECTORY_VARIABLE.length), this.#directory);
  }
}

/** A copy of a spool speaks of the same processes: what is named by either is named. */
function unnamedBy(claims: ClaimsInUse, strays: readonly Stray[]): readonly Stray[] {
  const isNamed = ({ claim, key }: Stray): boolean => claims.get(claim)?.has(key) === true;
  const named = new Set(strays.filter(isNamed).map(({ trace }) => whoseOf(trace)));
  return strays.filter(({ trace }) => !named.has(whoseOf(trace)));
}

function whoseOf({ mark, leader, parent }: Trace): bigint | number | null {
  return mark ?? leader?.pid ?? parent;
}

function askForAll(job: string, findInUse: () => ClaimsInUse): ClaimsInUse {
  try {
    return findInUse();
  } catch (error) {
    throw error instanceof AirError ? untold(job, error.message.replace(/\.$/, "")) : error;
  }
}

function untold(job: string, why: string): AirError {
  const message = `tasks of an earlier run of job "${job}" may still run, though no record names them: ${why}. Nothing of it is started until they have ended.`;
  return new AirError("AIR_SYSTEM", message);
}
