import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { certain } from "../../src/system/look.js";
import { findProcesses, variablesOf } from "../../src/workers/ending/trace.js";
import { waitUntil } from "../support/wait-until.js";

/** Processes one after another, each of which starts the next one and ends: at every moment there is one, until `$ARGV[0]` is gone. */
const RELAY = "while (kill 0, $ARGV[0]) { select undef, undef, undef, 0.001; fork and exit }";
const LOOKS = 100;

test("of processes that each start the next one and end, no look misses them all", { timeout: 60_000 }, async () => {
  const variables = variablesOf("/nowhere/at/all", "job", "relay", 1);
  const env = { ...process.env, ...Object.fromEntries(variables.map((variable) => variable.split("="))) };
  const holder = spawn("sleep", ["60"]);
  spawn("perl", ["-e", RELAY, String(holder.pid)], { env, stdio: "ignore" });
  const trace = { mark: null, leader: null, parent: null, variables };
  const found = (): number => certain(findProcesses([trace])).get(trace)!.length;
  try {
    assert.ok(await waitUntil(() => found() > 0));
    const looks = Array.from({ length: LOOKS }, () => findProcesses([trace]));
    const missed = looks.filter((look) => look.answer === "yes" && look.found.get(trace)!.length === 0).length;
    assert.equal(missed, 0, `of ${LOOKS} looks`);
    assert.ok(looks.filter(({ answer }) => answer === "yes").length > LOOKS / 2, "most can tell");
    assert.ok(found() > 0, "it has not ended");
  } finally {
    holder.kill();
    await once(holder, "exit");
    assert.ok(await waitUntil(() => found() === 0));
  }
});
