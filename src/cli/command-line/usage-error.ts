/** Errors as the CLI sees them, without loading the library for a mistyped option. */

import type { AirError, AirErrorCode, Fault } from "../../index.js";

/** What was typed makes no sense. Looks like the library's `AirError` of the code `AIR_USAGE`. */
export class UsageError extends Error implements Pick<AirError, "code" | "faults"> {
  readonly code: AirErrorCode = "AIR_USAGE";
  readonly faults: readonly Fault[] = [];
}

/** An error whose message is meant for users: the library's or our own. */
export function isExpected(error: unknown): error is Pick<AirError, "code" | "faults" | "message"> {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("AIR_");
}
