/** Asks the engine that holds a job. Which engine that is stands in the job's lock; it is never looked for here. */

import { connect } from "node:net";
import { AirError } from "../domain/errors.js";
import { decodeAnswer, encodeLine, MAX_LINE_BYTES, type ControlRequest } from "./protocol.js";
import { readProcess } from "../system/process/process-table.js";
import { isOurDirectory } from "../system/write/private-directory.js";
import { isSocketName, pidOfSocket, reachSocket, shortDirectory, socketDirectory } from "./socket-path.js";

/** Recording something takes milliseconds; an engine that takes longer is stopped or in deep trouble. */
const ANSWER_MS = 15_000;
const SILENT = "does not answer: it may be frozen or overloaded";
/** One that is stopped when it is looked at, and the next time, too, is not about to go on. */
const LOOK_EVERY_MS = 400;

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
  const later = request.verb === "explain" ? "" : " It may still do what was asked when it goes on.";
  const how = { answerMs, later };
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
  { answerMs, later }: { readonly answerMs: number; readonly later: string },
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
  let [deadline, watch]: NodeJS.Timeout[] = [];
  try {
    return await new Promise((resolve, reject) => {
      let size = 0;
      const connection = connect(path, () => connection.end(line));
      const giveUp = (why: string): void => {
        connection.destroy();
        reject(new AirError("AIR_LOCKED", `the engine that holds the job ${why}.${later}`));
      };
      const beSilent = (): void => giveUp(SILENT);
      watch = setInterval(whenStopped(pidOfSocket(name), giveUp), LOOK_EVERY_MS);
      connection.setTimeout(answerMs, beSilent);
      connection.on("data", (piece: Buffer) => {
        // An answer that comes in drops would never be silent for long enough.
        deadline ??= setTimeout(beSilent, answerMs);
        pieces.push(piece);
        size += piece.length;
        if (size > MAX_LINE_BYTES) connection.destroy();
      });
      connection.on("error", () => resolve(null));
      connection.on("close", () => resolve(size === 0 ? null : Buffer.concat(pieces).toString("utf8")));
    });
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    release();
  }
}

function whenStopped(pid: number, tell: (why: string) => void): () => void {
  let wasStopped = false;
  return () => {
    const look = readProcess(pid);
    const isStopped = look.answer === "yes" && look.found.isStopped;
    if (isStopped && wasStopped) tell(`is stopped: kill -CONT ${pid} lets it go on`);
    wasStopped = isStopped;
  };
}
