/**
 * Placeholders in a string: `{date}` stands for a value where `date` is declared. Finds them and puts values in; knows neither params nor
 * matrices.
 *
 * Commands are full of braces that mean something to others, so nothing changes its meaning unseen. `{ print $1 }`, `{}`, `${HOME}` and
 * `{{.Name}}` are left as they are. A plain word in braces that nobody declares is a fault, and so is what can be read in two ways:
 * `${date}`, which may be the shell's, and `{{date}}`, which is a value to some and the text `{date}` to others. `{{` before a word is a
 * brace.
 */

import { suggest } from "../suggest.js";

/** A piece of text, or the name of what comes in its place. */
type Part = string | { readonly name: string };

export interface Template {
  readonly parts: readonly Part[];
  /** The names in it, each once. */
  readonly names: readonly string[];
  /** What is wrong with it, in a sentence; null if nothing is. */
  readonly fault: string | null;
}

/** What a name may be. */
export const NAME = /^[A-Za-z_][\w-]*$/;
const PLACE = /(\$?)(\{+)([A-Za-z_][\w-]*)(\}+)/g;

export function parseTemplate(text: string, declared: ReadonlySet<string>): Template {
  const parts: Part[] = [];
  const names = new Set<string>();
  let fault: string | null = null;
  let end = 0;
  for (const match of text.includes("{") ? text.matchAll(PLACE) : []) {
    const [whole, dollar, braces, name, closing] = match as unknown as readonly [string, string, string, string, string];
    const isDeclared = declared.has(name);
    if (dollar !== "" && braces.length === 1 && !isDeclared) continue;
    fault ??= faultOf({ dollar, braces: braces.length, name, closing: closing.length }, isDeclared ? null : declared);
    const before = `${text.slice(end, match.index)}${dollar}${"{".repeat(braces.length >> 1)}`;
    const rest = closing.slice(1);
    if (braces.length % 2 === 0) {
      parts.push(`${before}${name}}${rest}`);
    } else if (!isDeclared) {
      parts.push(`${before}{${name}}${rest}`);
    } else {
      names.add(name);
      parts.push(before, { name }, rest);
    }
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return { parts: parts.filter((part) => part !== ""), names: [...names], fault };
}

/** The text with a value for each of its names. */
export function fill({ parts }: Template, valueOf: (name: string) => string): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : valueOf(part.name);
  return text;
}

interface Place {
  readonly dollar: string;
  readonly braces: number;
  readonly name: string;
  readonly closing: number;
}

/** @param undeclared the names that are declared, if this one is not. */
function faultOf({ dollar, braces, name, closing }: Place, undeclared: ReadonlySet<string> | null): string | null {
  if (braces > 1 && closing >= braces) {
    const written = `${"{".repeat(braces)}${name}${"}".repeat(braces)}`;
    const value = undeclared === null ? `write \`{${name}}\` for its value, ` : "write ";
    return `\`${written}\` can be read in two ways: ${value}\`{{${name}}\` for the text \`{${name}}\`, \`{{{{${name}}}\` for \`{{${name}}}\``;
  }
  if (braces % 2 === 0) return null;
  if (undeclared !== null) {
    const meant = suggest(name, undeclared);
    const hint = meant === null ? "" : `did you mean \`{${meant}}\`? Else `;
    return `nothing of the name ${name} is declared, in \`{${name}}\`: ${hint}write \`{{${name}}\` for the text itself`;
  }
  return dollar === "" || braces > 1
    ? null
    : `\`\${${name}}\` can be read in two ways: write \`{${name}}\` for the value, \`\${{${name}}\` for the shell's variable`;
}
