/** Asks the engine that holds a job. Which engine that is stands in the job's lock; it is never looked for here. */

import { connect } from "node:net";
import { AirError } from "../domain/errors.js";
import { decodeAnswer, encodeLine, MAX_LINE_BYTES, type ControlRequest } from "./protocol.js";
import { isSocketName, reachSocket, socketDirectory } from "./socket-path.js";

/** Recording something takes milliseconds; an engine that takes longer is stopped or in deep trouble. */
const ANSWER_MS = 15_000;

/**
 * The answer, or null if nobody listens there or the engine went away before it answered: whether it did what was asked must then be found
 * out.
 *
 * @param directory the `control` directory; `name` the socket in it.
 * @throws AirError what the engine says; `AIR_LOCKED` if it doesn't answer in time.
 */
export async function ask(directory: string, name: string, request: ControlRequest): Promise<{ readonly ok: unknown } | null> {
  const line = encodeLine(request);
  const answer = isSocketName(name) ? await exchange(directory, name, line) : null;
  return answer === null ? null : decodeAnswer(answer);
}

async function exchange(directory: string, name: string, line: Buffer): Promise<string | null> {
  let socket;
  try {
    socket = reachSocket(socketDirectory(directory), name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const { path, release } = socket;
  const pieces: Buffer[] = [];
  try {
    return await new Promise((resolve, reject) => {
      let size = 0;
      const connection = connect(path, () => connection.end(line));
      connection.setTimeout(ANSWER_MS, () => {
        connection.destroy();
        reject(
          new AirError("AIR_LOCKED", `the engine that holds the job does not answer: it may be stopped (SIGSTOP) or overloaded.`),
        );
      });
      connection.on("data", (piece: Buffer) => {
        pieces.push(piece);
        size += piece.length;
        if (size > MAX_LINE_BYTES) connection.destroy();
      });
      connection.on("error", () => resolve(null));
      connection.on("close", () => resolve(size === 0 ? null : Buffer.concat(pieces).toString("utf8")));
    });
  } finally {
    release();
  }
}
