/** In which order what tasks print is shown line by line, and remembered as shown: between the two a `kill -9` makes it come again. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { Follower } from "../../../src/cli/map/output/follower.js";
import type { Sink, Terminal } from "../../../src/cli/terminal/terminal.js";
import { temporaryPlace } from "../../support/temporary-directory.js";

function following(t: TestContext): { follower: Follower; logOf: (number: number) => string; seen: string[] } {
  const { root } = temporaryPlace(t);
  mkdirSync(join(root, "logs"));
  const seen: string[] = [];
  const send = (data: string | Uint8Array): Promise<void> => {
    if (data.length > 0)
      seen.push(
        Buffer.from(data as Uint8Array)
          .toString()
          .trim(),
      );
    return Promise.resolve();
  };
  const sink = { isTerminal: false, send } as unknown as Sink;
  const terminal: Terminal = { out: sink, err: sink };
  const follower = new Follower(
    terminal,
    (number) => seen.push(`${number} is shown`),
    () => seen.push("lacking"),
  );
  const logOf = (number: number): string => {
    const path = join(root, "logs", `task-${number}.log`);
    writeFileSync(path, `out of ${number}\n`);
    return path;
  };
  return { follower, logOf, seen };
}

test("each of many tasks that have ended is remembered before the next one's output is shown", async (t) => {
  const { follower, logOf, seen } = following(t);
  const numbers = [1, 2, 3, 4, 5];
  for (const number of numbers) follower.begin(number, logOf(number), null);
  for (const number of numbers) follower.finish(number);
  await follower.end();
  assert.deepEqual(
    seen,
    numbers.flatMap((number) => [`out of ${number}`, `${number} is shown`]),
  );
});

test("a task that is over before the next look is shown as it ends; a longer one while it runs", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const look = async (): Promise<void> => {
    t.mock.timers.tick(50);
    for (let turns = 0; turns < 10; turns++) await turn();
  };
  const { follower, logOf, seen } = following(t);
  for (const number of [1, 2]) follower.begin(number, logOf(number), null);
  await look();
  assert.deepEqual(seen, []);
  follower.finish(1);
  await look();
  assert.deepEqual(seen, ["out of 1", "1 is shown", "out of 2"]);
  follower.finish(2);
  await follower.end();
  assert.deepEqual(seen.slice(3), ["2 is shown"]);
});
