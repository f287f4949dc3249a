import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor } from "../../../src/index.js";
import { keepNumbers, withNumbers } from "../../../src/store/text/exact-numbers.js";
import { temporaryPlace } from "../../support/temporary-directory.js";

const isKnown = (key: string): boolean => key === "known";
const through = (text: string): string => {
  const value: unknown = JSON.parse(text);
  keepNumbers(text, value, isKnown);
  return withNumbers(JSON.stringify(value));
};

const NUMBERS = [
  "12345678901234567890",
  "1e400",
  "-1E-7",
  "1.0",
  "0.10",
  "-0",
  "0.1234567890123456789",
  "1e5",
  "100000000000000000000",
];

for (const number of NUMBERS) {
  test(`the number ${number} comes out of a key that we don't know as it went in`, () => {
    for (const text of [`{"a":${number}}`, `{"a":{"b":[1,${number}]},"c":"x, ${number}]"}`, `[{"id":"x"},{"a":[${number},2]}]`])
      assert.equal(through(text), text);
  });
}

test("keys that we know, and texts that look like such numbers, are as they were", () => {
  assert.equal(through('{"known":1.0,"a":2.0}'), '{"known":1,"a":2.0}');
  const texts = JSON.stringify({ a: ": 1e5, 1.0 ", b: '\\" 1.0', c: [1, 2.5, 1e21, true, null], __proto__: 1 });
  assert.equal(through(texts), texts);
  assert.equal(through('{"__proto__":1.0,"a":1.0}'), '{"__proto__":1.0,"a":1.0}');
});

test("they stay as they are in both files and the journal, however often the job is taken up", async (t) => {
  const { dir } = temporaryPlace(t);
  const job = join(dir, "jobs/numbers");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  const extra = NUMBERS.join(",");
  writeFileSync(join(job, "state.json"), `{"id":"n-1","name":"numbers","created_at":"2026-01-31T12:00:00Z","mine":[${extra}]}`);
  writeFileSync(join(job, "tasks.json"), `[{"id":"a","command":"true","priority":1.0,"mine":{"deep":[${extra}]}}]`);
  for (let round = 0; round < 2; round++) {
    const executor = await AirExecutor.open({ dir });
    t.after(() => executor.close());
    const taken = round === 0 ? await executor.takeUp(job) : (await executor.retry("numbers", { from: "a" })).job!;
    assert.equal((await taken.finished()).state, "completed");
    await executor.close();
    const spaced = readFileSync(join(job, "state.json"), "utf8").replaceAll(/\s/g, "");
    assert.ok(spaced.includes(`"mine":[${extra}]`), spaced);
    for (const file of ["tasks.json", "journal.ndjson"])
      assert.ok(readFileSync(join(job, file), "utf8").includes(`{"deep":[${extra}]}`), `${file}, round ${round}`);
  }
});
