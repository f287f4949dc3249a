/** What the user chose, by option or else by variable, checked and converted. Every complaint names what was typed and what would do. */

import { allOptions, variableOf, type OptionName } from "./options.js";
import { suggestion } from "./suggest-word.js";
import { UsageError } from "./usage-error.js";

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** As the parser leaves them: strings and booleans by option name. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** The kernel takes paths of 4,095 bytes. */
const LONGEST_DIR = 3500;

export class Settings {
  readonly #given: GivenOptions;
  readonly #env: NodeJS.ProcessEnv;

  constructor(given: GivenOptions, env: NodeJS.ProcessEnv) {
    this.#given = given;
    this.#env = env;
  }

  isOn(option: OptionName): boolean {
    const given = this.#given[option];
    if (typeof given === "boolean") return given;
    const name = variableOf(option);
    const value = (name === null ? undefined : this.#env[name])?.toLowerCase() ?? "";
    if (["", "0", "false", "no", "off"].includes(value)) return false;
    if (["1", "true", "yes", "on"].includes(value)) return true;
    throw new UsageError(`${name} is "${value}": expected 1 or 0`);
  }

  /** True if it stands on the command line itself. */
  isTyped(option: OptionName): boolean {
    return this.#given[option] !== undefined;
  }

  /** Null if it was not given; an empty variable counts as not given. */
  text(option: OptionName): string | null {
    const { value, source } = this.#find(option);
    const { choices } = allOptions[option];
    if (value === null || choices === undefined || choices.includes(value)) return value;
    throw new UsageError(
      `${source} is "${value}": expected ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}${suggestion(value, choices)}`,
    );
  }

  /** Milliseconds of a time, from 0: `5`, `0.2`, or with a unit, `90s`, `5m`, `2h`, `1d`. Null if it was not given. */
  timeMs(option: OptionName): number | null {
    const { value, source } = this.#find(option);
    if (value === null) return null;
    const [, amount, unit = "s"] = /^(\d{1,9}(?:\.\d{1,6})?|\.\d{1,6})([smhd])?$/.exec(value) ?? [];
    if (amount !== undefined) return Number(amount) * unitMs[unit as keyof typeof unitMs];
    throw new UsageError(`${source} is "${value}": expected seconds such as 5 or 0.2, or a time such as 5m or 2h`);
  }

  /** Of a size's option, in bytes: `1000`, `64K`, `1M`, powers of 1024 as everywhere. Null if it was not given. */
  bytes(option: OptionName): number | null {
    const { value, source } = this.#find(option);
    if (value === null) return null;
    const [, amount, unit = ""] = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i.exec(value) ?? [];
    const bytes = Math.round(Number(amount) * 1024 ** " KMGT".indexOf(unit.toUpperCase() || " "));
    if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
    throw new UsageError(`${source} is "${value}": expected a size such as 500, 64K, 1M or 2G`);
  }

  dir(): string {
    const dir = this.text("dir") ?? ".air-executor";
    if (dir === "") throw new UsageError("--dir is empty: expected the path of a directory");
    const bytes = Buffer.byteLength(dir);
    if (bytes <= LONGEST_DIR) return dir;
    const [is, most] = [bytes, LONGEST_DIR].map((amount) => amount.toLocaleString("en"));
    throw new UsageError(`--dir is a path of ${is} bytes: expected at most ${most}, for the files below it have names too`);
  }

  /** @param cores how many there are. */
  concurrency(cores: number): number {
    const { value, source } = this.#find("concurrency");
    return value === null ? cores : readConcurrency(value, source, cores);
  }

  /** Of a sweep: several, with commas between them. Null if it was not given. */
  concurrencies(cores: number): number[] | null {
    const { value, source } = this.#find("concurrency");
    return value === null ? null : value.split(",").map((each) => readConcurrency(each.trim(), source, cores));
  }

  /** Every value of an option that may be given again and again; a variable gives one. */
  list(option: OptionName): string[] {
    const given = this.#given[option];
    if (Array.isArray(given)) return given.map(String);
    const { value } = this.#find(option);
    return value === null ? [] : [value];
  }

  /** A whole number; null if it was not given. */
  count(option: OptionName, lowest: number, highest = Infinity): number | null {
    const { value, source } = this.#find(option);
    if (value === null) return null;
    if (/^\d{1,10}$/.test(value) && Number(value) >= lowest && Number(value) <= highest) return Number(value);
    const upTo = highest === Infinity ? "" : ` to ${highest}`;
    throw new UsageError(`${source} is "${value}": expected a whole number from ${lowest}${upTo}`);
  }

  /** Milliseconds; null if it was not given. */
  seconds(option: OptionName): number | null {
    const { value, source } = this.#find(option);
    if (value === null) return null;
    const seconds = /^\d{1,9}(?:\.\d+)?$/.test(value) ? Number(value) : 0;
    if (seconds > 0) return seconds * 1000;
    throw new UsageError(`${source} is "${value}": expected seconds, more than 0`);
  }

  gracePeriodMs(): number {
    const { value, source } = this.#find("grace-period");
    if (value === null) return 10_000;
    const seconds = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (seconds <= 86_400) return Math.round(seconds * 1000);
    throw new UsageError(`${source} is "${value}": expected seconds, from 0 to 86400`);
  }

  /** From 1; null for the last. */
  attempt(): number | null {
    const { value, source } = this.#find("attempt");
    if (value === null) return null;
    if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
    throw new UsageError(`${source} is "${value}": expected the number of an attempt, from 1`);
  }

  /** Milliseconds; null if it was not given. */
  age(): number | null {
    const { value, source } = this.#find("older-than");
    if (value === null) return null;
    const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
    if (amount !== undefined && unit !== undefined) return Number(amount) * unitMs[unit as keyof typeof unitMs];
    throw new UsageError(`${source} is "${value}": expected an age such as 90s, 45m, 12h, 30d or 8w`);
  }

  /** Null if it was not given. */
  keep(): number | null {
    const { value, source } = this.#find("keep");
    if (value === null) return null;
    if (/^\d{1,9}$/.test(value)) return Number(value);
    throw new UsageError(`${source} is "${value}": expected how many runs of each job to keep, from 0`);
  }

  #find(option: OptionName): { value: string | null; source: string } {
    const given = this.#given[option];
    if (typeof given === "string") return { value: given, source: `--${option}` };
    const name = variableOf(option);
    const value = name === null ? undefined : this.#env[name];
    return { value: value === undefined || value === "" ? null : value, source: name ?? `--${option}` };
  }
}

function readConcurrency(value: string, source: string, cores: number): number {
  const match = /^(\d+(?:\.\d+)?)(%|x)?$/.exec(value);
  const amount = Number(match?.[1] ?? Number.NaN);
  const unit = match?.[2];
  const count = unit === "%" ? Math.floor((amount * cores) / 100) : unit === "x" ? Math.floor(amount * cores) : amount;
  if (amount > 0 && Number.isSafeInteger(count)) return Math.max(1, count);
  throw new UsageError(
    `${source} is "${value}": expected a whole number of tasks such as 8, a share of the cores such as 50%, or a multiple such as 2x`,
  );
}
