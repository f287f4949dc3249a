/** The parts of a path that a placeholder can ask for, as GNU parallel defines them. Pure text: nothing is looked up. */

import { posix } from "node:path";

/** As it is; without extension; base name; directory; base name without extension. */
export type PathPart = "" | "." | "/" | "//" | "/.";

export function pathPart(path: string, part: PathPart): string {
  switch (part) {
    case "":
      return path;
    case ".":
      return withoutExtension(path);
    case "/":
      return baseName(path);
    case "//":
      // Perl leaves no slash at the end, but for the root.
      return posix.dirname(path).replace(/(?!^)\/+$/, "");
    case "/.":
      return withoutExtension(baseName(path));
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `sub.dir/bar` has none, and `.bashrc` is one. */
function withoutExtension(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") ? path.slice(0, dot) : path;
}
