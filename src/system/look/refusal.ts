/** What it means to a user that the system refuses. For those who were asked for something; later troubles are the writer's. */

import { AirError } from "../../domain/errors.js";
import { codeOf, isSystemError, isWantOfRoom, systemWords } from "./error-code.js";

const NOT_ALLOWED: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ELOOP"]);

function remedyOf(code: string): string {
  return code === "EMFILE"
    ? "Raise the limit on open files (ulimit -n), then run it again."
    : "Run it again when the machine has room.";
}

/** The system's error as one of ours; anything else comes back as it is. */
export function explainRefusal(error: unknown, what: string, act: "opened" | "read" = "opened"): unknown {
  if (error instanceof AirError || !isSystemError(error)) return error;
  const code = codeOf(error);
  const message = systemWords(error);
  if (NOT_ALLOWED.has(code)) {
    return new AirError("AIR_UNSAFE_PATH", `${what} can't be ${act}: ${message}. Check the path and its permissions.`, {
      cause: error,
    });
  }
  if (isWantOfRoom(error)) {
    return new AirError("AIR_SYSTEM", `${what} can't be ${act}: ${message}. ${remedyOf(code)}`, { cause: error });
  }
  const remedy = "Nothing is lost: see to the disk, then run it again.";
  return new AirError("AIR_DISK", `${what} can't be ${act}: ${message}. ${remedy}`, { cause: error });
}
