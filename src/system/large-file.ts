/**
 * Writes a file of many megabytes under a temporary name, without holding up the event loop, from text that may be made while it is
 * written. Renames nothing.
 */

import { constants, type BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import { clearTemporary, NEW_FILE } from "./temporary-file.js";

/** The most buffers that one writev takes on the systems we know. */
const MAX_VECTOR = 1024;
/** Text that is made while it is written is not made far ahead. */
const BATCH_BYTES = 1024 * 1024;

/** Writes it whole, and with `sync` safe from a power loss, or throws with nothing left there. */
export async function writeLarge(path: string, parts: Iterable<Buffer>, options: { sync: boolean }): Promise<BigIntStats> {
  clearTemporary(path);
  const file = await open(path, NEW_FILE, 0o600);
  try {
    for (const batch of inBatches(parts)) {
      const wanted = lengthOf(batch);
      const { bytesWritten } = await file.writev(batch);
      // Short without an error: the disk is full. The rest would fail in any case.
      if (bytesWritten < wanted) await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
    }
    if (options.sync) await file.datasync();
    return await file.stat({ bigint: true });
  } catch (error) {
    // What was written so far takes room that the journal may need more.
    clearTemporary(path);
    throw error;
  } finally {
    await file.close();
  }
}

/** Makes what is in a file safe from a power loss, whoever wrote it. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

function* inBatches(parts: Iterable<Buffer>): Generator<Buffer[]> {
  let batch: Buffer[] = [];
  for (const part of parts) {
    batch.push(part);
    if (batch.length < MAX_VECTOR && lengthOf(batch) < BATCH_BYTES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
