/**
 * Writes a file of many megabytes under a temporary name, without holding up the event loop, from text that may be made while it is
 * written. Renames nothing.
 */

import { constants, type BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import { aboutPath } from "../look/error-code.js";
import { clearTemporary, NEW_FILE } from "./temporary-file.js";

/** What is written at once. A megabyte would take half the time, but the garbage collector comes to its end between two writes only. */
const BATCH_BYTES = 64 * 1024;

/** Writes it whole, and with `sync` safe from a power loss, or throws with nothing left there. */
export async function writeLarge(
  path: string,
  parts: Iterable<Buffer | string>,
  options: { sync: boolean },
): Promise<BigIntStats> {
  clearTemporary(path);
  const file = await open(path, NEW_FILE, 0o600);
  try {
    for (const batch of inBatches(parts)) {
      const { bytesWritten } = await file.writev([batch]);
      // Short without an error: the disk is full. The rest would fail in any case.
      if (bytesWritten < batch.length) await file.writeFile(batch.subarray(bytesWritten));
    }
    if (options.sync) await file.datasync();
    return await file.stat({ bigint: true });
  } catch (error) {
    // What was written so far takes room that the journal may need more.
    clearTemporary(path);
    throw aboutPath(error, path);
  } finally {
    await file.close();
  }
}

/** Makes what is in a file safe from a power loss, whoever wrote it. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.datasync();
  } catch (error) {
    throw aboutPath(error, path);
  } finally {
    await file.close();
  }
}

/** All in the same memory: each is to be written before the next one is asked for. */
function* inBatches(parts: Iterable<Buffer | string>): Generator<Buffer> {
  const room = Buffer.allocUnsafeSlow(BATCH_BYTES);
  let used = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const { read, written } = put(part, at, room.subarray(used));
      at += read;
      used += written;
      if (at === part.length) break;
      yield room.subarray(0, used);
      used = 0;
    }
  }
  if (used > 0) yield room.subarray(0, used);
}

const encoder = new TextEncoder();

/** As much as there is room for. */
function put(part: Buffer | string, from: number, room: Buffer): { readonly read: number; readonly written: number } {
  if (typeof part === "string") return encoder.encodeInto(from === 0 ? part : part.slice(from), room);
  const count = part.copy(room, 0, from);
  return { read: count, written: count };
}
