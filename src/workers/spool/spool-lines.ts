/**
 * Reads the records of a spool (native/PROTOCOL.md) from its bytes as they come, for normal running and for adoption alike. Pure.
 *
 * A line that ends with `?` is torn and stands whole behind. A last line without its newline waits for the rest. Any other line that can't
 * be read is damage: what it said can't be told, and whoever concludes something from a record that is missing has to ask for it.
 */

/** At which point an attempt could not be started: directory, input, log, fork, exec. */
export type StartStage = "d" | "i" | "l" | "f" | "r";
/** Why an attempt ended: its limit was over, a stop was asked for, or it failed while everybody was told to stop, its runner, too. */
export type EndingReason = "limit" | "stop" | "shutdown";
/** How an attempt ended: exit code, signal, or not started at all. */
export type EndKind = "x" | "s" | StartStage;

/** Who wrote a spool. */
export interface SpoolHead {
  /** Marks the processes of its tasks; see `mark`. */
  readonly id: number;
  readonly pid: number;
  readonly start: number;
  readonly bootId: string;
  readonly mark: "locks" | "none";
}

/** Hears of records, in order. Times are microseconds since 1970. A record may be told twice: the first counts. */
export interface SpoolListener {
  head(head: SpoolHead): void;
  begun(key: number, at: number): void;
  /** It has run for a while: its process, which leads a group of that number. */
  lasting(key: number, pid: number, start: number): void;
  /** @param value exit code, number of a signal, or errno. @param rssKb 0 if nothing is known of what it took. */
  ended(key: number, kind: EndKind, value: number, at: number, userUs: number, systemUs: number, rssKb: number): void;
  /** It is being ended, or is about to be told as ended. The first reason counts. */
  ending(key: number, reason: EndingReason): void;
  /** So many of its processes outlive every KILL. */
  unendable(key: number, processes: number): void;
  /** It has not begun and will not. */
  dropped(key: number): void;
  /** It has ended by itself and has left so many processes behind. */
  left(key: number, processes: number): void;
  /** What it wrote is gone, since its log could not be put in its place. Before its end. */
  logLost(key: number, errno: number): void;
  /** A line of other words, as runners elsewhere may have them. False if it is none; without this there are none. */
  other?(words: readonly string[]): boolean;
}

const [NEWLINE, SPACE, ZERO, NINE, QUESTION] = [0x0a, 0x20, 0x30, 0x39, 0x3f];
const [B, E, X, S] = [0x62, 0x65, 0x78, 0x73];
const MOST_NUMBERS = 6;
const REASONS: ReadonlyMap<string, EndingReason> = new Map([
  ["t", "limit"],
  ["k", "stop"],
  ["a", "shutdown"],
]);
const KINDS: ReadonlySet<string> = new Set<EndKind>(["x", "s", "d", "i", "l", "f", "r"]);
/** No record is longer. */
const LONGEST_LINE = 4096;

export class SpoolLines {
  readonly #listener: SpoolListener;
  #rest: Buffer = Buffer.alloc(0);
  /** Of the line being read, behind its type. */
  readonly #numbers = new Float64Array(MOST_NUMBERS);
  #isDamaged = false;

  constructor(listener: SpoolListener) {
    this.#listener = listener;
  }

  /** True if something was said that can't be read. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, from)) {
      if (!this.#takeLine(all, from, end)) this.#isDamaged = true;
      from = end + 1;
    }
    // A copy: the caller reads into the same memory again.
    this.#rest = from === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(from));
    if (this.#rest.length <= LONGEST_LINE) return;
    this.#isDamaged = true;
    this.#rest = this.#rest.subarray(-1);
  }

  /** False if it is none. */
  #takeLine(all: Buffer, from: number, end: number): boolean {
    if (end > from && all[end - 1] === QUESTION) return true;
    const type = all[from];
    // The two of every task, without making a string of them.
    if (type === B && all[from + 1] === SPACE) {
      if (this.#readNumbers(all, from + 2, end) !== 2) return false;
      this.#listener.begun(this.#numbers[0]!, this.#numbers[1]!);
      return true;
    }
    if (type === E && all[from + 1] === SPACE) return this.#takeEnd(all, from + 2, end);
    return this.#takeOther(all.toString("latin1", from, end).split(" "));
  }

  #takeEnd(all: Buffer, from: number, end: number): boolean {
    const space = all.indexOf(SPACE, from);
    if (space < 0 || space + 3 > end || all[space + 2] !== SPACE) return false;
    const kind = all[space + 1]!;
    const letter = kind === X ? "x" : kind === S ? "s" : String.fromCharCode(kind);
    if (!KINDS.has(letter) || this.#readNumbers(all, from, space) !== 1) return false;
    const key = this.#numbers[0]!;
    if (this.#readNumbers(all, space + 3, end) !== 5) return false;
    const [value, at, userUs, systemUs, rssKb] = this.#numbers;
    this.#listener.ended(key, letter as EndKind, value!, at!, userUs!, systemUs!, rssKb!);
    return true;
  }

  /** Decimal numbers with one space between them. Gives how many there are; 0 if there is anything else. */
  #readNumbers(all: Buffer, from: number, end: number): number {
    let count = 0;
    let number = 0;
    let digits = 0;
    for (let at = from; at <= end; at++) {
      const byte = at === end ? SPACE : all[at]!;
      if (byte >= ZERO && byte <= NINE) {
        number = number * 10 + (byte - ZERO);
        digits += 1;
      } else if (byte === SPACE && digits > 0 && count < MOST_NUMBERS) {
        this.#numbers[count++] = number;
        number = digits = 0;
      } else return 0;
    }
    return count;
  }

  #takeOther(words: readonly string[]): boolean {
    const [type, ...rest] = words;
    if (type === "h") return this.#takeHead(rest);
    if (type === "q" && rest.length === 0) return true;
    if (rest.length > 3 || rest.some((word) => !/^\d{1,16}$/.test(word))) return this.#takeUnknown(words);
    const [key = 0, value = 0, more = 0] = rest.map(Number);
    switch (`${type}${rest.length}`) {
      case "p3":
        this.#listener.lasting(key, value, more);
        return true;
      case "t2":
      case "k2":
      case "a2":
        this.#listener.ending(key, REASONS.get(type!)!);
        return true;
      case "u2":
        this.#listener.unendable(key, value);
        return true;
      case "d1":
        this.#listener.dropped(key);
        return true;
      case "l2":
        this.#listener.logLost(key, value);
        return true;
      case "w2":
        this.#listener.left(key, value);
        return true;
      default:
        return this.#takeUnknown(words);
    }
  }

  #takeUnknown(words: readonly string[]): boolean {
    return this.#listener.other?.(words) ?? false;
  }

  #takeHead(words: readonly string[]): boolean {
    const [version, id, pid, start, bootId, mark] = words;
    if (words.length !== 6 || version !== "1" || bootId === undefined) return false;
    const numbers = [id, pid, start].map(Number);
    if (numbers.some((number) => !Number.isSafeInteger(number))) return false;
    const kind = mark === "locks" ? "locks" : "none";
    this.#listener.head({ id: numbers[0]!, pid: numbers[1]!, start: numbers[2]!, bootId, mark: kind });
    return true;
  }
}
