/** Opens what somebody else may have put in the place of one of our two files, to read it before it is replaced. */

import { isForbidden } from "../../system/error-code.js";
import { openFile } from "../../system/open-file.js";

/**
 * Null if there is none, something else is in its place, or we may not read it: then there is nothing that could be understood.
 *
 * @throws the system's error if it can't be opened just now: then it must not be replaced either.
 */
export function openIfReadable(path: string): number | null {
  const file = openFile(path);
  switch (file.answer) {
    case "yes":
      return file.found;
    case "no":
    case "other":
      return null;
    case "unknown":
      if (isForbidden(file.why)) return null;
      throw file.why;
  }
}
