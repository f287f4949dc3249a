/** Words of commands that the user is shown and may paste into a shell. */

import { bytesOf } from "../internal.js";
import { printableLine } from "./render/printable.js";
import type { OptionName } from "./command-line/options.js";
import type { Settings } from "./command-line/settings.js";
import { OF_SLURM } from "./command-line/slurm-settings.js";

/** What says where tasks run, how many at once, and how much there is of what they take. */
const OF_ENGINE: readonly OptionName[] = [
  "engine",
  ...OF_SLURM,
  "concurrency",
  "memory",
  "gpus",
  "pool",
  "durability",
  "grace-period",
];

/** The option that a shown command needs to work on the same directory; empty if it needs none. */
export function placeOption(settings: Settings): string {
  return settings.text("dir") === null ? "" : ` --dir ${quoteForShell(settings.dir())}`;
}

/** What was typed of the engine, for a shown command that runs tasks of the same job: without it they would run elsewhere, or be refused. */
export function engineOptions(settings: Settings): string {
  const typed = OF_ENGINE.filter((option) => settings.isTyped(option));
  const words = typed.flatMap((option) =>
    settings.list(option).map((value) => `--${option}${value.startsWith("-") ? "=" : " "}${quoteForShell(value)}`),
  );
  return words.map((word) => ` ${word}`).join("");
}

/** A command of ours to be shown. Behind `--` nothing is taken for an option. */
export function commandText(verb: string, words: readonly string[], options: string): string {
  const isOdd = words.some((word) => /^-./.test(word));
  const texts = words.map(quoteForShell).join(" ");
  return `air-executor ${verb}${isOdd ? `${options} -- ${texts}` : ` ${texts}${options}`}`;
}

/**
 * As it is if no shell would read it otherwise, else in single quotes; what can't be shown on a line of a terminal as the bytes that it is,
 * in the quotes for that, which POSIX has since 2024 and bash, zsh and ksh for long.
 */
export function quoteForShell(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (isShown(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${word.replaceAll(/./gsu, charInQuotes)}'`;
}

/** A command whose words are quoted already, on one line: quotes around what can't stand there become those that can hold it. */
export function onOneLine(command: string): string {
  return command.replaceAll(/\\'|'[^']*'/g, (part) => (part === "\\'" ? part : quoteAgain(part)));
}

function quoteAgain(quoted: string): string {
  return isShown(quoted) ? quoted : quoteForShell(quoted.slice(1, -1));
}

/** True of what stands on a line of a terminal as it is. */
export function isShown(text: string): boolean {
  return text.isWellFormed() && printableLine(text) === text;
}

function charInQuotes(character: string): string {
  if (character === "'" || character === "\\") return `\\${character}`;
  return isShown(character) ? character : bytesShown(character);
}

function bytesShown(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return [...bytesOf(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
