import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor } from "../../src/index.js";
import { untilHolds } from "../support/shell-loops.js";
import { journalLines } from "../support/journal-lines.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const SHORT = 60;
const GATED = 30;

/** Tasks that were handed over ahead and of which nothing more is on record. */
function waiting(dir: string, job: string): string[] {
  const waits = new Set<string>();
  for (const { type, task = "", queued } of journalLines(join(dir, "jobs", job, "journal.ndjson"))) {
    if (type === "attempt-started" && queued === true) waits.add(task);
    else if (type.startsWith("attempt-")) waits.delete(task);
  }
  return [...waits];
}

test("a small job is not kept waiting by long tasks of another one that were handed over while its tasks were short", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const gate = (id: string): string => join(root, id);
  const gated = Array.from({ length: GATED }, (_, index) => `gated-${index}`);
  const executor = await AirExecutor.open({ dir, concurrency: 2, graceMs: 100 });
  t.after(() => executor.close());
  const large = await executor.submit("large", [
    ...Array.from({ length: SHORT }, (_, index) => ({ id: `short-${index}`, command: "true" })),
    ...gated.map((id) => ({
      id,
      command: "sh",
      args: ["-c", `echo >'${gate(`${id}.began`)}'; ${untilHolds(`test -e '${gate(id)}'`)}`],
    })),
  ]);
  const began = (): string[] => gated.filter((id) => existsSync(gate(`${id}.began`)));
  assert.ok(await waitUntil(() => began().length === 2));
  const small = await executor.submit("small", [{ id: "a", command: "true" }]);
  assert.ok(await waitUntil(() => waiting(dir, "large").length === 0), "what waits comes back");
  writeFileSync(gate("gated-0"), "");
  assert.equal((await small.finished()).state, "completed");
  assert.ok(await waitUntil(() => began().length === 3), "one slot each");
  const { counts } = large.status();
  assert.deepEqual([counts.running, began().length], [2, 3]);
  await large.cancel();
  assert.equal((await large.finished()).state, "cancelled");
});
