/** The project's TypeScript files as the tidy test looks at them: lines, imports, and code without comments and strings. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository; the compiled tests stand in dist/test. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface Import {
  /** As written: `../domain/task.js`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** From the root, with the ending `.ts`: `src/domain/task.ts`; null for a package. */
  readonly file: string | null;
  readonly isTypeOnly: boolean;
  /** What is imported by name. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** The lines with comments and strings blanked, so that a word in prose is no finding. */
  readonly code: readonly string[];
  readonly imports: readonly Import[];
}

export function readSources(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`)
    .toSorted()
    .map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

/** Separate from reading, so that the rules can be tried on text that breaks them. */
export function parseSource(path: string, text: string): SourceFile {
  return { path, text, lines: text.split("\n"), code: blankProse(text).split("\n"), imports: findImports(path, text) };
}

const importPattern = /\b(import|export)(\s+type)?\b[^"';]*?\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm;

function findImports(path: string, text: string): Import[] {
  const code = blank(text, /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm);
  return [...code.matchAll(importPattern)].map((match) => {
    const specifier = match[3] ?? match[4] ?? match[5] ?? "";
    const file = specifier.startsWith(".")
      ? relative(root, join(root, dirname(path), specifier))
          .replaceAll("\\", "/")
          .replace(/\.js$/, ".ts")
      : null;
    const list = /\{([^}]*)\}/.exec(match[0])?.[1] ?? "";
    const names = list.split(",").map((name) => name.replace(/\bas\b.*/, "").trim());
    return { specifier, file, isTypeOnly: match[2] !== undefined, names, line: lineAt(text, match.index) };
  });
}

/** Comments, strings and templates. A regular expression may fool it, but only ever hides a finding of its own line. */
function blankProse(text: string): string {
  return blank(text, /\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gm);
}

function blank(text: string, pattern: RegExp): string {
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, " "));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
