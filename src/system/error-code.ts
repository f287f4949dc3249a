/** The system's name for what went wrong, such as `ENOENT`: for file operations whose failure has more than one meaning. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
