/**
 * Which jobs the manager is opening just now, in `manager.opening`: what was in hand when one died shows there, for reading a job can take
 * more memory than there is. Whoever was in hand is opened by itself and last the next time, and what managers died of three times is set aside,
 * until its files change: so no job brings every manager down. Death by kill -9 looks the same, so what was in hand together with others at
 * a first death is watched from then on, and counts nothing yet.
 *
 * Written by the manager alone, a line a beginning or an end; read by it at its start, and by `status`.
 */

import { ftruncateSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openToAppend } from "../system/read/open-file.js";
import { readRegularFile } from "../system/read/regular-file.js";
import { letGo } from "../system/look/let-go.js";

/** A job that a manager died of, so often, with these files. */
interface Suspect {
  readonly deaths: number;
  readonly fingerprint: string;
}

type Line =
  | { readonly suspects: Readonly<Record<string, Suspect>> }
  | { readonly begin: string; readonly fingerprint: string }
  | { readonly end: string };

/** With the ways out. */
export const WHY_SET_ASIDE =
  "three managers died while they opened it, of too little memory perhaps; run it by itself (air-executor run, its directory), or write its files again";

const DEATHS_TO_BE_SET_ASIDE = 3;
const MOST_BYTES = 16 * 1024 * 1024;
/** Once nothing is being opened and it is longer, it begins anew. */
const LONG = 256 * 1024;

const pathOf = (dir: string): string => join(dir, "manager.opening");

/** Names of the jobs that managers pass over. */
export function setAside(dir: string): ReadonlySet<string> {
  const suspects = [...read(pathOf(dir))];
  return new Set(suspects.flatMap(([name, { deaths }]) => (deaths >= DEATHS_TO_BE_SET_ASIDE ? [name] : [])));
}

export class OpeningRecord {
  readonly #path: string;
  readonly #suspects: Map<string, Suspect>;
  readonly #open = new Map<string, string>();
  #fd: number | null;
  #length = 0;

  constructor(dir: string) {
    this.#path = pathOf(dir);
    const { suspects, open } = readLines(this.#path);
    for (const [name, fingerprint] of open) {
      const before = suspects.get(name)?.deaths ?? (open.size === 1 ? 0 : -1);
      suspects.set(name, { deaths: before + 1, fingerprint });
    }
    this.#suspects = suspects;
    this.#fd = openIfPossible(this.#path);
    this.#beginAnew();
  }

  /** True if a manager died of it once: it is to be opened by itself. */
  isSuspect(name: string): boolean {
    return this.#suspects.has(name);
  }

  /** True if it is not to be opened with these files. */
  isSetAside(name: string, fingerprint: string): boolean {
    const suspect = this.#suspects.get(name);
    return suspect !== undefined && suspect.deaths >= DEATHS_TO_BE_SET_ASIDE && suspect.fingerprint === fingerprint;
  }

  begin(name: string, fingerprint: string): void {
    this.#open.set(name, fingerprint);
    this.#append({ begin: name, fingerprint });
  }

  /** It was opened, or refused; we live. Nothing is to be noted of one that did not come to that. */
  end(name: string): void {
    if (!this.#open.delete(name)) return;
    this.#suspects.delete(name);
    this.#append({ end: name });
    if (this.#open.size === 0 && this.#length > LONG) this.#beginAnew();
  }

  /** What a manager died of stays on record; without any nothing does. */
  close(): void {
    if (this.#fd === null) return;
    letGo(this.#fd);
    this.#fd = null;
    if (this.#suspects.size > 0 || this.#open.size > 0) return;
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // It says that nothing is open.
    }
  }

  #beginAnew(): void {
    if (this.#fd === null) return;
    try {
      ftruncateSync(this.#fd);
    } catch {
      // As of a line that the disk does not take.
    }
    this.#length = 0;
    this.#append({ suspects: Object.fromEntries(this.#suspects) });
  }

  /** What the disk does not take only makes us forget: that is no reason not to open a job. */
  #append(line: Line): void {
    if (this.#fd === null) return;
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#length += bytes.length;
    try {
      writeSync(this.#fd, bytes);
    } catch {
      // As said.
    }
  }
}

/** Null if something is in its place, or the disk is full: no reason not to open jobs. */
function openIfPossible(path: string): number | null {
  try {
    return openToAppend(path);
  } catch {
    return null;
  }
}

/** With those that a manager was opening when it died, if it has. */
function read(path: string): ReadonlyMap<string, Suspect> {
  return readLines(path).suspects;
}

function readLines(path: string): { suspects: Map<string, Suspect>; open: Map<string, string> } {
  const suspects = new Map<string, Suspect>();
  const open = new Map<string, string>();
  for (const line of linesOf(path)) {
    if ("suspects" in line) for (const [name, suspect] of Object.entries(line.suspects)) suspects.set(name, suspect);
    else if ("begin" in line) open.set(line.begin, line.fingerprint);
    else {
      open.delete(line.end);
      suspects.delete(line.end);
    }
  }
  return { suspects, open };
}

/** Whatever can't be read says nothing. */
function linesOf(path: string): Line[] {
  try {
    const text = readRegularFile(path, { maxBytes: MOST_BYTES }).toString("utf8");
    return text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
