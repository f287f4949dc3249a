import assert from "node:assert/strict";
import { test } from "node:test";
import { SlotReader, type SlotWords } from "../../src/slurm/slot-lines.js";
import { SpoolLines, type SpoolListener } from "../../src/workers/spool/spool-lines.js";

/** What is heard of a spool, whichever pieces it comes in. */
function hear(text: string, pieces: number): string[] {
  const heard: string[] = [];
  const told =
    (name: string) =>
    (...rest: unknown[]): number =>
      heard.push([name, ...rest].join(" "));
  const listener = new Proxy({} as SpoolListener, { get: (_, name) => told(String(name)) });
  const words = new Proxy({} as SlotWords, { get: (_, name) => told(String(name)) });
  const reader = new SlotReader(new SpoolLines(listener), words);
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += pieces) reader.take(bytes.subarray(from, from + pieces));
  return heard;
}

const SPOOL = `up 1 7_0 n1 1795980492045349
took 1
b 1 10
e 1 x 0 20 5 6 7
b 2 20
e 2 x?
?
e 2 s 15 30 0 0 7
term 31
d 3
q
bye terminated 32
`;

test("a slot's own words and its runner's records are heard in their order, torn lines not at all", () => {
  const expected = [
    "hello n1 7 1795980492045349",
    "took 1",
    "begun 1 10",
    "ended 1 x 0 20 5 6 7",
    "begun 2 20",
    "ended 2 s 15 30 0 0 7",
    "terminated",
    "dropped 3",
    "bye terminated",
  ];
  for (const pieces of [1, 7, 1000]) assert.deepEqual(hear(SPOOL, pieces), expected);
});

test("a last line without its newline is not heard yet", () => assert.deepEqual(hear("took 12", 1), []));
