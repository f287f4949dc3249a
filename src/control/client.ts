/** Asks the engine that holds a job. Which engine that is stands in the job's lock; it is never looked for here. */

import { connect } from "node:net";
import { AirError } from "../domain/errors.js";
import { decodeAnswer, encodeLine, MAX_LINE_BYTES, type ControlRequest } from "./protocol.js";
import { isOurDirectory } from "../system/write/private-directory.js";
import { isSocketName, reachSocket, shortDirectory, socketDirectory } from "./socket-path.js";

/** Recording something takes milliseconds; an engine that takes longer is stopped or in deep trouble. */
const ANSWER_MS = 15_000;

export interface Patience {
  /** How long nothing may come, and how long an answer may take from its first byte on. */
  readonly answerMs?: number;
}

/**
 * The answer, or null if nobody listens there or the engine went away before it answered: whether it did what was asked must then be found
 * out.
 *
 * @param directory the `control` directory; `name` the socket in it.
 * @throws AirError what the engine says; `AIR_LOCKED` if it doesn't answer in time.
 */
export async function ask(
  directory: string,
  name: string,
  request: ControlRequest,
  { answerMs = ANSWER_MS }: Patience = {},
): Promise<{ readonly ok: object } | null> {
  if (!isSocketName(name)) return null;
  // It has been told, and hears of it when it goes on.
  const later = request.verb === "explain" ? "" : ", and may still do what was asked when it goes on";
  const silence = `the engine that holds the job does not answer: it may be stopped (SIGSTOP) or overloaded${later}.`;
  const how = { answerMs, silence };
  const line = encodeLine(request);
  const answer =
    (await exchange(socketDirectory(directory), name, line, how)) ??
    // Its file system has no sockets.
    (isOurDirectory(shortDirectory()) ? await exchange(shortDirectory(), name, line, how) : null);
  return answer === null ? null : decodeAnswer(answer);
}

async function exchange(
  place: string,
  name: string,
  line: Buffer,
  { answerMs, silence }: { readonly answerMs: number; readonly silence: string },
): Promise<string | null> {
  let socket;
  try {
    socket = reachSocket(place, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const { path, release } = socket;
  const pieces: Buffer[] = [];
  let deadline: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      let size = 0;
      const connection = connect(path, () => connection.end(line));
      const giveUp = (): void => {
        connection.destroy();
        reject(new AirError("AIR_LOCKED", silence));
      };
      connection.setTimeout(answerMs, giveUp);
      connection.on("data", (piece: Buffer) => {
        // An answer that comes in drops would never be silent for long enough.
        deadline ??= setTimeout(giveUp, answerMs);
        pieces.push(piece);
        size += piece.length;
        if (size > MAX_LINE_BYTES) connection.destroy();
      });
      connection.on("error", () => resolve(null));
      connection.on("close", () => resolve(size === 0 ? null : Buffer.concat(pieces).toString("utf8")));
    });
  } finally {
    clearTimeout(deadline);
    release();
  }
}
