/** The system's name for what went wrong, such as `ENOENT`: for file operations whose failure has more than one meaning. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** True if it is not for us to see or do: that won't pass by itself, unlike a want of handles. */
export function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EACCES" || code === "EPERM";
}

/** True for what the system refuses, as opposed to a fault of ours. */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && /^E[A-Z0-9]+$/.test(codeOf(error));
}

const WANT_OF_ROOM: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

/** True if the machine has no handles, memory or processes left just now. */
export function isWantOfRoom(error: unknown): boolean {
  return WANT_OF_ROOM.has(codeOf(error));
}
