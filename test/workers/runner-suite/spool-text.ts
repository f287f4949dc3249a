/** A spool as PROTOCOL.md describes it, read strictly: a reader of its own, so that a fault of the engine's can't hide one of the runner's. */

export interface Hello {
  readonly version: number;
  readonly id: number;
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
  readonly mark: string;
}

/** `e`: how, and with which value. */
export interface End {
  readonly how: string;
  readonly value: number;
  readonly at: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly rssKb: number;
}

export interface Line {
  readonly type: string;
  readonly key: number;
  /** What follows the key. */
  readonly rest: readonly string[];
}

const shapes: Readonly<Record<string, RegExp>> = {
  h: /^h 1 \d+ \d+ \d+ [\w-]+ (?:locks|none)$/,
  b: /^b \d+ \d{16}$/,
  p: /^p \d+ \d+ \d+$/,
  e: /^e \d+ (?:[xs] \d+ \d{16} \d+ \d+ \d+|[dilfr] \d+ \d{16} 0 0 0)$/,
  t: /^t \d+ \d{16}$/,
  k: /^k \d+ \d{16}$/,
  a: /^a \d+ \d{16}$/,
  u: /^u \d+ \d+$/,
  d: /^d \d+$/,
  l: /^l \d+ \d+$/,
  w: /^w \d+ \d+$/,
  q: /^q$/,
};

export class SpoolText {
  readonly hello: Hello | undefined;
  /** In order, each record once. */
  readonly lines: readonly Line[];

  /** Throws if a whole line is none of the protocol's. */
  constructor(bytes: Buffer) {
    const text = bytes.toString("latin1");
    const seen = new Set<string>();
    const lines: Line[] = [];
    for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
      if (line === "" || line.endsWith("?") || seen.has(line)) continue;
      seen.add(line);
      if (shapes[line[0]!]?.test(line) !== true) throw new Error(`not a record: ${JSON.stringify(line)}`);
      const [type = "", key = "", ...rest] = line.split(" ");
      lines.push({ type, key: Number(key), rest });
    }
    const first = lines.shift();
    if (first !== undefined && first.type !== "h") throw new Error(`the first record is no h but ${first.type}`);
    const [id, pid, start, boot, mark] = first?.rest ?? [];
    if (first !== undefined)
      this.hello = { version: first.key, id: Number(id), pid: Number(pid), start: start!, boot: boot!, mark: mark! };
    this.lines = lines;
  }

  of(type: string): Line[] {
    return this.lines.filter((line) => line.type === type);
  }

  keys(type: string): number[] {
    return this.of(type).map(({ key }) => key);
  }

  /** The records of a key: their types, in order. */
  story(key: number): string {
    return this.lines.flatMap((line) => (line.key === key && line.type !== "q" ? [line.type] : [])).join("");
  }

  end(key: number): End | undefined {
    const found = this.lines.find((line) => line.type === "e" && line.key === key);
    if (found === undefined) return undefined;
    const [how = "", ...numbers] = found.rest;
    const [value = 0, at = 0, userUs = 0, systemUs = 0, rssKb = 0] = numbers.map(Number);
    return { how, value, at, userUs, systemUs, rssKb };
  }
}
