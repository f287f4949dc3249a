/**
 * Writes a journal anew after a failed sync, or where its file was taken away, from what is known to be right: bytes that an earlier sync
 * has made safe, and those that its writer has in memory. A temporary file, synced, read back, renamed: until then the old file stands.
 *
 * The temporary file is also the mark of the doubt: it outlives us if we don't come to the end, and whoever opens the journal next then
 * writes it anew too. That it is not on disk itself does no harm: what forgets it forgets the dubious bytes as well.
 */

import { fdatasync, readSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { AirError } from "../../domain/errors.js";
import { letGo } from "../../system/look/let-go.js";
import type { KeptBytes } from "./kept-bytes.js";
import { readJournal } from "./journal-reader.js";
import { syncDirectory } from "../../system/write/sync-directory.js";
import { lockOpen } from "../../system/lock/file-lock.js";
import { clearTemporary, makeFile, moveDirectoryAside, temporaryOf } from "../../system/write/temporary-file.js";

const datasync = promisify(fdatasync);
const PIECE = 1024 * 1024;

export interface DoubtfulJournal {
  readonly path: string;
  /** How many lines and bytes it has. */
  readonly lines: number;
  readonly size: number;
  /** Its last bytes, which no sync has made safe; more may be appended to both meanwhile. */
  readonly unsynced: KeptBytes;
  /** Opens it for reading. */
  readonly open: () => number;
  /** Whether a file of ours may be put at its path. */
  readonly isOurs: () => boolean;
  /** The file is replaced by this one, which is open for appending and belongs to whoever hears of it. */
  readonly onReplaced: (fd: number) => void;
}

/** Leaves the mark. On a disk that takes no file the doubt ends with this process. */
export function noteDoubt(path: string): void {
  try {
    letGo(makeFile(temporaryOf(path)));
  } catch {
    // It is there, or can't be made.
  }
}

/**
 * Resolves when all that the journal had at the call is on disk for sure.
 *
 * @throws AirError `AIR_DAMAGED` if what had been safe can't be read back; the file system's errors. The old file stands then.
 */
export async function renewJournal(journal: DoubtfulJournal): Promise<void> {
  const { path, lines, size, unsynced, onReplaced } = journal;
  const temporary = temporaryOf(path);
  const unsafe = unsynced.length;
  requireInPlace(journal);
  clearTemporary(temporary);
  const fd = makeFile(temporary);
  try {
    copy(journal, size - unsafe, fd);
    for (const bytes of unsynced.from(0)) writeAll(fd, bytes);
    await datasync(fd);
    if (!(await lockOpen(fd))) throw new AirError("AIR_LOCKED", `somebody holds ${path} that is being made.`);
    const { seq, torn } = readJournal(temporary, () => {});
    if (seq !== lines || torn.length > 0) throw notReadBack(path);
    // From here to the end of this block nothing can be appended to the old file.
    for (const bytes of unsynced.from(unsafe)) writeAll(fd, bytes);
    requireInPlace(journal);
    moveDirectoryAside(path);
    renameSync(temporary, path);
  } catch (error) {
    letGo(fd);
    throw error;
  }
  onReplaced(fd);
  await syncDirectory(dirname(path));
}

/** The job's directory may have been removed meanwhile, and another job be in its place. */
function requireInPlace({ path, isOurs }: DoubtfulJournal): void {
  if (!isOurs()) throw new AirError("AIR_DISK", `${path} was replaced by another file.`);
}

function copy({ path, open }: DoubtfulJournal, size: number, to: number): void {
  const from = open();
  const piece = Buffer.allocUnsafe(PIECE);
  try {
    for (let done = 0; done < size;) {
      const length = readSync(from, piece, 0, Math.min(PIECE, size - done), done);
      if (length === 0) throw notReadBack(path);
      writeAll(to, piece.subarray(0, length));
      done += length;
    }
  } finally {
    letGo(from);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

function notReadBack(path: string): AirError {
  return new AirError("AIR_DAMAGED", `${path}: the disk has lost what it had taken; restore the file from a copy.`);
}
