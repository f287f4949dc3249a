/** The system's name for what went wrong, such as `ENOENT`; called where a file operation failed and the reason decides what to do. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
