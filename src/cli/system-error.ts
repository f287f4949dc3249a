/** What the system refuses a command, in words with a way out: the net below the places that know better. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { AirError } from "../index.js";
import { noCurrentDirectory } from "../system/look/current-directory.js";
import { codeOf, isWantOfRoom, systemWords } from "../system/look/error-code.js";
import { missingPart } from "../system/look/missing-part.js";

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

interface Circumstances {
  /** What the system refused if it doesn't say so itself. */
  readonly place?: string;
  /** What else its user can do. */
  readonly otherwise?: string;
}

/** Where a part of this program or of a package lies. */
const isOfProgram = (path: string): boolean =>
  path.startsWith(dirname(fileURLToPath(import.meta.url))) || path.includes("/node_modules/");

/** The error as one of ours; one that is none of the system's comes back as it is. */
export function explainSystemError(
  error: unknown,
  { place, otherwise = "choose another directory with --dir" }: Circumstances = {},
): unknown {
  if (error instanceof AirError) return error;
  if (isWantOfRoom(error)) return noRoom(error as Error);
  if (!isSystemError(error)) return missingPart(error) ?? error;
  const { syscall, path } = error;
  const code = codeOf(error);
  if (syscall === "uv_cwd") return noCurrentDirectory(error);
  const what = path ?? place ?? "a file";
  // Node does not say which file of the program it could not read.
  const orElse = isOfProgram(path ?? place ?? "/node_modules/") ? "" : `, or ${otherwise}`;
  switch (code) {
    case "EACCES":
    case "EPERM": {
      const remedy = `make it accessible for this user${orElse}`;
      return new AirError("AIR_UNSAFE_PATH", `${what} can't be used (no permission): ${remedy}`, { cause: error });
    }
    case "ENOSPC":
    case "EDQUOT":
    case "EROFS":
      return new AirError("AIR_DISK", `${what} can't be written: the disk is full or read-only (${code}); make room${orElse}`, {
        cause: error,
      });
    case "EFBIG":
      return new AirError(
        "AIR_DISK",
        `${what} can't be written: files may not grow as large (EFBIG); raise the limit (ulimit -f)`,
        {
          cause: error,
        },
      );
    case "EIO":
    case "ESTALE":
    case "ENOTCONN":
    case "EREMOTEIO":
    case "EHOSTDOWN":
      return new AirError(
        "AIR_DISK",
        `${what} can't be used: its disk fails, or can't be reached (${code}); see to it${orElse}`,
        { cause: error },
      );
    case "ENAMETOOLONG":
      return new AirError("AIR_USAGE", `${what} is too long for a path, or one of its names is: choose a shorter one`, {
        cause: error,
      });
    default:
      return new AirError("AIR_SYSTEM", `the system refuses: ${systemWords(error)}`, { cause: error });
  }
}

/** Sometimes all that the system says is a code. */
function noRoom(cause: Error): AirError {
  const isFiles = codeOf(cause) === "EMFILE";
  const what = isFiles ? "open files (ulimit -n)" : "processes, threads or memory (ulimit -u, -v)";
  const remedy = `there is no room for more ${what}: raise the limit, or try again when there is`;
  return new AirError("AIR_SYSTEM", `${remedy} (${systemWords(cause)})`, { cause });
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
