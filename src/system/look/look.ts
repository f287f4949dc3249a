/**
 * What a look at the world gives: yes, no, or that it can't be told now. "No" takes evidence: the thing itself is missing from a directory
 * that could be read, no process has that id, a lock could be taken. No permission, no handle left, a disk that fails or a helper that
 * can't be started are no evidence: nothing is lost, gone or over because of them. Whoever asks says what he does then; mostly he asks again.
 *
 * Compare answers with `===`: what is not "yes" is two things (test/tidy.test.ts sees to it).
 */

export interface Yes<T> {
  readonly answer: "yes";
  readonly found: T;
}

export interface No {
  readonly answer: "no";
}

export interface Unknown {
  readonly answer: "unknown";
  readonly why: Error;
}

/** A look for something that is there in any case, if only it can be read. */
export type Seen<T> = Yes<T> | Unknown;

export type Look<T = true> = Yes<T> | No | Unknown;

export const NO: No = { answer: "no" };

export function yes<T>(found: T): Yes<T> {
  return { answer: "yes", found };
}

export function unknown(why: unknown): Unknown {
  return { answer: "unknown", why: why instanceof Error ? why : new Error(String(why)) };
}

/**
 * What was found; null for a no. For those whose caller waits and asks again when they throw.
 *
 * @throws what kept the look from an answer.
 */
export function certain<T>(look: Seen<T>): T;
export function certain<T>(look: Look<T>): T | null;
export function certain<T>(look: Look<T>): T | null {
  switch (look.answer) {
    case "yes":
      return look.found;
    case "no":
      return null;
    case "unknown":
      throw look.why;
  }
}

/** Something else is in its place: in that of a file, say, a link or a named pipe. */
export interface Other {
  readonly answer: "other";
  /** In words, with an article: "a symbolic link". */
  readonly what: string;
}

/** A look for a thing of a certain kind. */
export type Place<T> = Look<T> | Other;

/** True unless it is known not to be so: for those who find out more when they go on. */
export function isPossible(look: Look<unknown>): boolean {
  return look.answer === "yes" || look.answer === "unknown";
}
