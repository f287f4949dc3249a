import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findProcesses, variablesOf } from "../../src/workers/ending/trace.js";
import { waitUntil } from "../support/wait-until.js";

/**
 * Processes one after another, each of which starts the next one and ends: at every moment there is one, until `$ARGV[0]` is gone. They use up
 * so many numbers that somebody may have its number then: so they have an end of their own as well.
 */
const RELAY = "while (kill 0, $ARGV[0] and time < $ARGV[1]) { select undef, undef, undef, 0.001; fork and exit }";
const LIFE_S = 90;
const ANSWERS = 60;

test("of processes that each start the next one and end, no look misses them all", { timeout: 120_000 }, async () => {
  const variables = variablesOf("/nowhere/at/all", "job", "relay", 1);
  const env = { ...process.env, ...Object.fromEntries(variables.map((variable) => variable.split("="))) };
  const holder = spawn("sleep", [String(LIFE_S)]);
  const end = Math.floor(Date.now() / 1000) + LIFE_S;
  spawn("perl", ["-e", RELAY, String(holder.pid), String(end)], { env, stdio: "ignore" });
  const trace = { mark: null, leader: null, parent: null, variables };
  // Null if it can't be told: on a busy machine by many a look.
  const found = (): number | null => {
    const look = findProcesses([trace]);
    return look.answer === "yes" ? look.found.get(trace)!.length : null;
  };
  const answers: number[] = [];
  const look = (): void => {
    const count = found();
    if (count !== null) answers.push(count);
  };
  const isSeen = (): boolean => (found() ?? 0) > 0;
  try {
    assert.ok(await waitUntil(isSeen));
    assert.ok(await waitUntil(() => (look(), answers.length >= ANSWERS), (LIFE_S * 1000) / 2), `${answers.length} answers`);
    assert.deepEqual(
      answers.filter((count) => count === 0),
      [],
      `of ${answers.length} looks`,
    );
    assert.ok(await waitUntil(isSeen), "it has not ended");
  } finally {
    holder.kill();
    await once(holder, "exit");
    assert.ok(await waitUntil(() => found() === 0));
  }
});
