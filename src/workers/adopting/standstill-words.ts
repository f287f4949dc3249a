/** What is said of adopted attempts of which nothing becomes known. */

import { systemWords } from "../../system/look/error-code.js";
import type { AdoptedAttempt } from "./adopted-attempt.js";

/** As of `Standstill`. */
export interface StandstillWords {
  readonly why: string;
  readonly isUnclear: boolean;
  /** Of which; of all that the spool has, if not given. */
  readonly attempts?: readonly AdoptedAttempt[];
}

/** @param path what could not be read, where the error does not say it */
export function unclear(error: Error, path = ""): StandstillWords {
  const message = systemWords(error);
  return { why: path === "" || message.includes(path) ? message : `${path}: ${message}`, isUnclear: true };
}
