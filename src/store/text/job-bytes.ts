/** The bytes of a job file, from wherever a user has them: a file, standard input, a pipe that a shell made. */

import { constants } from "node:buffer";
import { AirError } from "../../domain/errors.js";
import { codeOf } from "../../system/look/error-code.js";
import { isGivenPipe, readGivenPipe } from "../../system/read/given-pipe.js";
import { explainRefusal } from "../../system/look/refusal.js";
import { readRegularFile, tooLarge } from "../../system/read/regular-file.js";
import { standardInput } from "../../system/read/standard-input.js";

/** What one JavaScript string can hold, a little below 512 MiB. */
const MAX_BYTES = constants.MAX_STRING_LENGTH;

/** Throws as `readJobFile`. */
export async function readJobBytes(path: string): Promise<Buffer> {
  try {
    if (path === "-" || path === "/dev/stdin") return await readStdin();
    if (isGivenPipe(path)) {
      const given = readGivenPipe(path, MAX_BYTES);
      if (given === null) throw tooLarge(path, MAX_BYTES);
      return given;
    }
    // The user named this path, so a link in it is the user's own.
    return readRegularFile(path, { maxBytes: MAX_BYTES, expected: "a job file", followsLinks: true });
  } catch (error) {
    const place = path === "-" ? "standard input" : path;
    if (codeOf(error) !== "EISDIR") throw explainRefusal(error, place, "read");
    throw new AirError("AIR_INVALID_JOB", `${place} is a directory, expected a job file`, { cause: error });
  }
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const bytes of standardInput()) {
    length += bytes.length;
    if (length > MAX_BYTES) throw tooLarge("stdin", MAX_BYTES);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}
