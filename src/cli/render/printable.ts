/**
 * Makes text that others wrote (logs, names, error messages) safe for a terminal: escape sequences and control characters are left
 * out, also when a sequence is split across chunks. Bytes on disk are not its business, and neither is output that is no terminal.
 *
 * Kept are tab and line feed; a carriage return becomes a line feed, so that no line can overwrite another. Control strings (OSC,
 * DCS, …) end at their terminator, at the end of the line, or at a limit: an unfinished one can't hide what follows.
 */

type State =
  | "text"
  /** After ESC, or within its intermediate characters. */
  | "escape"
  /** Within a control sequence: parameters up to a final character. */
  | "sequence"
  /** Within a control string. */
  | "string"
  /** Within a control string, after an ESC that may begin its terminator. */
  | "string-escape";

const maxStringLength = 4096;

/** C0 without tab and line feed, DEL, C1, and the characters that turn the direction of text around. */
const isUnsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

export class Printable {
  #state: State = "text";
  #stringLength = 0;
  #wasReturn = false;

  /** The safe text of the next chunk. Chunks may be cut anywhere between characters. */
  take(chunk: string): string {
    if (this.#state === "text" && !this.#wasReturn && !isUnsafe.test(chunk)) return chunk;
    let safe = "";
    for (const character of chunk) safe += this.#next(character);
    return safe;
  }

  #next(character: string): string {
    switch (this.#state) {
      case "text":
        return this.#text(character);
      case "escape":
        return this.#escape(character);
      case "sequence":
        if (character >= " " && character <= "?") return "";
        this.#state = "text";
        return character >= "@" && character <= "~" ? "" : this.#text(character);
      case "string":
        return this.#string(character);
      case "string-escape":
        this.#state = "text";
        return character === "\\" ? "" : this.#escape(character);
    }
  }

  #text(character: string): string {
    const followsReturn = this.#wasReturn;
    this.#wasReturn = character === "\r";
    if (character === "\r") return "\n";
    if (character === "\n") return followsReturn ? "" : "\n";
    if (!isUnsafe.test(character)) return character;
    if (character === "\x1b") this.#state = "escape";
    else if (character === "\x9b") this.#state = "sequence";
    else if ("\x90\x98\x9d\x9e\x9f".includes(character)) this.#openString();
    return "";
  }

  #escape(character: string): string {
    this.#state = "text";
    if (character === "[") this.#state = "sequence";
    else if ("]PX^_".includes(character)) this.#openString();
    else if (character >= " " && character <= "/") this.#state = "escape";
    else if (character < "0" || character > "~") return this.#text(character);
    return "";
  }

  #string(character: string): string {
    this.#stringLength += 1;
    if (character === "\x1b") this.#state = "string-escape";
    else if (character === "\x07" || character === "\x9c" || this.#stringLength > maxStringLength) this.#state = "text";
    else if (character === "\n" || character === "\r") {
      this.#state = "text";
      return this.#text(character);
    }
    return "";
  }

  #openString(): void {
    this.#state = "string";
    this.#stringLength = 0;
  }
}

/** A whole text. */
export function printable(text: string): string {
  return new Printable().take(text);
}

/** A name or message that has to stay on its line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]+/g, " ");
}
