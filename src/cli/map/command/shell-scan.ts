/**
 * Follows the quotes of a shell script, as far as is needed to put a value into it that no shell reads again. Runs nothing. Where it can't
 * follow for certain it says so, and then no value may stand there.
 */

/** Where a place in a script is. */
export type ShellPlace =
  /** Where words stand by themselves. */
  | "bare"
  | "double-quoted"
  | "single-quoted"
  /** Within `$((…))`: what is no number there would be read as a program. */
  | "arithmetic";

type Kind = "command" | "arithmetic" | "parameter" | "double" | "single" | "dollar-single" | "comment";

interface Frame {
  readonly kind: Kind;
  /** Brackets that are open in it. */
  depth: number;
}

const ENDS: Readonly<Partial<Record<Kind, string>>> = {
  double: '"',
  single: "'",
  "dollar-single": "'",
  parameter: "}",
  comment: "\n",
};

const PLACES: Readonly<Partial<Record<Kind, ShellPlace>>> = {
  command: "bare",
  double: "double-quoted",
  single: "single-quoted",
  arithmetic: "arithmetic",
};

export class ShellScan {
  readonly #frames: Frame[] = [{ kind: "command", depth: 0 }];
  /** What was read last, if it may give another meaning to what follows: a backslash or dollar that is none itself. */
  #sign: "\\" | "$" | "" = "";
  #last = "\n";
  /** Where words stand by themselves: the one that is being read, and how many `<` stand before this place. */
  #word = "";
  #angles = 0;
  #isHereDocumentAnnounced = false;
  /** Set from where on nothing is certain. */
  #lost: string | null = null;

  /** Text that stands in the script as it is. */
  take(text: string): void {
    for (let place = 0; place < text.length && this.#lost === null;) place += this.#read(text[place]!, text[place + 1] ?? "");
  }

  /** A value was put in. */
  takeValue(): void {
    this.#note("", "v");
  }

  /** Where the next value would stand, or why it may not stand there. */
  look(): { readonly place: ShellPlace; readonly refusal: null } | { readonly place: null; readonly refusal: string } {
    const { kind } = this.#top;
    const refuse = (refusal: string): { place: null; refusal: string } => ({ place: null, refusal });
    if (this.#lost !== null) return refuse(this.#lost);
    if (this.#sign === "\\") return refuse("behind a backslash");
    if (this.#sign === "$") return refuse("behind a dollar sign");
    const place = PLACES[kind];
    if (place !== undefined) return { place, refusal: null };
    return refuse(kind === "comment" ? "in a comment" : kind === "parameter" ? "within ${…}" : "within $'…'");
  }

  /** True if no quote and no bracket is open. */
  get isClosed(): boolean {
    return this.#frames.length === 1 && this.#frames[0]!.depth === 0;
  }

  get #top(): Frame {
    return this.#frames.at(-1)!;
  }

  /** Reads a character, and the next one if they belong together: says how many. */
  #read(character: string, next: string): number {
    const [top, sign, last] = [this.#top, this.#sign, this.#last];
    const isVerbatim = top.kind === "single" || top.kind === "comment";
    const isEscaped = sign === "\\";
    const isSign = (character === "\\" || character === "$") && !isVerbatim && !isEscaped && sign + character !== "$$";
    this.#note(isSign ? character : "", character);
    if (isEscaped) return 1;
    if (character === ENDS[top.kind]) return this.#close(1);
    if (isVerbatim || top.kind === "dollar-single") return 1;
    if (character === "`") return this.#lose("behind `…`, for which one writes $(…)");
    if (sign === "$") {
      if (character === "{") return this.#open("parameter", 1);
      if (character === "(") return next === "(" ? this.#open("arithmetic", 2) : this.#open("command", 1);
      if (character === "'" && top.kind === "command") return this.#open("dollar-single", 1);
    }
    if (top.kind === "double") return 1;
    if (top.kind === "command") return this.#readCommand(top, character, last);
    if (character === "'" || character === '"') return this.#lose("behind quotes within ${…} or $((…))");
    if (top.kind === "parameter") return 1;
    if (character === ")" && next === ")" && top.depth === 0) return this.#close(2);
    return this.#readBracket(top, character);
  }

  #readCommand(top: Frame, character: string, last: string): number {
    const [word, angles] = [this.#word, this.#angles];
    this.#word = /[\w-]/.test(character) ? word + character : "";
    this.#angles = character === "<" ? angles + 1 : 0;
    if (word === "case" && this.#word === "" && this.#frames.length > 1) {
      return this.#lose("behind a `case` within $(…), whose brackets have no partners");
    }
    // Three of them take a word as input.
    if (angles === 2 && this.#angles === 0) this.#isHereDocumentAnnounced = true;
    if (character === "\n" && this.#isHereDocumentAnnounced) return this.#lose("in or behind a here-document");
    if (character === "#" && /[\s;&|()]/.test(last)) return this.#open("comment", 1);
    if (character === "'") return this.#open("single", 1);
    if (character === '"') return this.#open("double", 1);
    if (character === ")" && top.depth === 0 && this.#frames.length > 1) return this.#close(1);
    return this.#readBracket(top, character);
  }

  #readBracket(top: Frame, character: string): number {
    if (character === "(") top.depth += 1;
    if (character === ")" && top.depth > 0) top.depth -= 1;
    return 1;
  }

  #note(sign: "\\" | "$" | "", last: string): void {
    this.#sign = sign;
    this.#last = last;
  }

  #lose(where: string): number {
    this.#lost = where;
    return 1;
  }

  #open(kind: Kind, length: number): number {
    this.#frames.push({ kind, depth: 0 });
    this.#begin();
    return length;
  }

  #close(length: number): number {
    this.#frames.pop();
    this.#begin();
    return length;
  }

  #begin(): void {
    this.#sign = "";
    this.#word = "";
    this.#angles = 0;
  }
}
