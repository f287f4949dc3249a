/**
 * From the bytes of a file to a `Source`: decides whether it is JSON or YAML, and says where it is neither.
 *
 * Knows no keys and no tasks. Loads the YAML package only for YAML.
 */

import { isUtf8 } from "node:buffer";
import { withoutMark } from "./byte-order-mark.js";
import { locateText, lineIndex, sourceIn, SyntaxFault, type Locate, type Source, type SourceOf } from "./places.js";
import { keepNumbers } from "./exact-numbers.js";
import { parseJson } from "./json-source.js";
import { isKnownStateKey } from "./state-keys.js";
import { isKnownKey } from "./task-keys.js";
import type { Fault } from "../../domain/errors.js";

export type Language = "json" | "yaml";

/** A text that could be parsed, or the fault for which it could not. */
export type Parsed =
  | { readonly value: unknown; readonly locate: Locate; readonly sourceOf: SourceOf; readonly fault: null }
  | { readonly fault: Fault };

/**
 * Never throws for what is in the text.
 *
 * @param language What it must be. Default: by the file's name, else JSON if it begins with `[` or `{`, else YAML.
 */
export async function parseText(input: string | Uint8Array, fileName: string, language?: Language): Promise<Parsed> {
  if (typeof input !== "string" && !isUtf8(input)) return { fault: encodingFault(input, fileName) };
  const text = withoutMark(typeof input === "string" ? input : new TextDecoder().decode(input));
  if (text.trim() === "") {
    return {
      fault: {
        place: fileName,
        message: 'the file is empty, expected tasks such as [{"id": "hello", "command": "echo", "args": ["Hello"]}]',
      },
    };
  }
  try {
    // What has a language to be in is a program's.
    const source = await parse(text, language ?? guess(text, fileName), { uniqueKeys: language === undefined });
    const { value } = source;
    if (language === "json") keepNumbers(text, value, Array.isArray(value) ? isKnownKey : isKnownStateKey);
    return { value, locate: locateText(fileName, text, source), sourceOf: sourceIn(source), fault: null };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { fault: { place: `${fileName}:${lineIndex(text)(error.offset)}`, message: error.message } };
  }
}

async function parse(text: string, language: Language, options: { readonly uniqueKeys: boolean }): Promise<Source> {
  if (language === "json") return parseJson(text, options);
  // JSON in a file that is called YAML is read as what it is, many times faster.
  if (looksLikeJson(text)) {
    try {
      return parseJson(text, options);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
    }
  }
  const { parseYaml } = await import("./yaml-source.js");
  return parseYaml(text);
}

function guess(text: string, fileName: string): Language {
  if (/\.json$/i.test(fileName)) return "json";
  if (/\.ya?ml$/i.test(fileName)) return "yaml";
  return looksLikeJson(text) ? "json" : "yaml";
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

function encodingFault(bytes: Uint8Array, fileName: string): Fault {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { place: fileName, message: "expected text in UTF-8, got UTF-16: save the file as UTF-8" };
  }
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return { place: `${fileName}:${line}`, message: "expected text in UTF-8, got bytes that are not: save the file as UTF-8" };
}
