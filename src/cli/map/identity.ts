/** What a batch is, in a line: an unfinished one of the same name is only gone on with if it is this. Pure. */

import { bytesOf } from "../../internal.js";
import type { List } from "./lists.js";
import { shellText } from "./shell-quote.js";
import type { Wish } from "./wish.js";

/** A longer line is told from another by a number. */
const LONGEST = 2000;

/** Only what decides which tasks there are and what they do. */
export function identityOf(wish: Wish): string {
  const text = ["air-executor map", ...shape(wish), ...command(wish), ...wish.lists.map(listText)]
    .filter((part) => part !== "")
    .join(" ");
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters, ${checksum(text)})`;
}

function shape(wish: Wish): string[] {
  const option = (name: string, value: string | number | null | undefined): string =>
    value == null ? "" : shellText([`--${name}`, String(value)]);
  const { before, after, colsep, csv, maxArgs, pipe, shuffleSeed, options, resources, env, cwd } = wish;
  const pairs = (values: Readonly<Record<string, number | string>>): string[] =>
    Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return [
    option("delimiter", wish.delimiter.equals(Buffer.from("\n")) ? null : JSON.stringify(wish.delimiter.toString("latin1"))),
    option("colsep", colsep?.source ?? (csv === "," ? null : csv)),
    csv === null ? "" : "--csv",
    wish.hasHeader ? "--header" : "",
    option("max-args", maxArgs),
    pipe === null
      ? ""
      : ["--pipe", option("block", pipe.bytes), option("lines", pipe.records)].filter((part) => part !== "").join(" "),
    option("shuffle", shuffleSeed),
    option("before", before),
    option("after", after),
    option("retries", options.retries || null),
    option("retry-delay", options.retry_delay || null),
    option("timeout", options.timeout),
    option("resources", resources && pairs(resources).join(",")),
    ...pairs(env).map((pair) => option("env", pair)),
    option("cwd", cwd),
  ];
}

function command({ command: wanted }: Wish): string[] {
  return "words" in wanted ? [shellText(wanted.words)] : [shellText(["--shell", wanted.script])];
}

function listText({ source, isLinked }: List): string {
  const plus = isLinked ? "+" : "";
  if ("values" in source) return `:::${plus} ${shellText(source.values)}`;
  return `::::${plus} ${shellText([source.path])}`;
}

/** FNV-1a. */
function checksum(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of bytesOf(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16);
}
