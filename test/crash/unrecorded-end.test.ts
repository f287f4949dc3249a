/** A runner that lives and writes where nobody reads: the directory was put back from a copy, or its disk was mounted anew. */

import assert from "node:assert/strict";
import { copyFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeEnd, Engine, warningsOf } from "../support/engine.js";
import { runnersOf, signal } from "../support/processes.js";
import { untilHolds } from "../support/shell-loops.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

test("that a task has ended and its runner does not record how is named, and no other is: its runner gone it counts as lost", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const tasks = [
    { id: "ends", ...witnessed(witness, untilHolds('[ -e "$0.go" ]')) },
    { id: "runs", ...witnessed(witness, untilHolds('[ -e "$0.on" ]')) },
  ];
  const first = new Engine(dir, "job", tasks);
  assert.ok(await waitUntil(() => readWitness(witness).length === 2));
  first.kill("SIGKILL");
  await first.ended;
  const lanes = join(dir, "lanes");
  for (const name of readdirSync(lanes).filter((file) => file.endsWith(".spool"))) {
    copyFileSync(join(lanes, name), join(lanes, "copy"));
    renameSync(join(lanes, "copy"), join(lanes, name));
  }
  writeFileSync(`${witness}.go`, "");

  const [runner] = runnersOf(dir);
  const next = new Engine(dir, "job", tasks);
  const said = `nothing is heard of task "ends": nothing of it is found, and process ${runner} has not recorded how it ended`;
  // A runner outlives every other signal.
  const why = `${said}; see to the disk, or kill -9 ${runner}: then it counts as lost`;
  await next.said("warning", JSON.stringify(why).slice(1, -1));
  writeFileSync(`${witness}.on`, "");
  signal(runner!, "SIGKILL");
  const end = await next.ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.ok(
    warningsOf(end).some((warning) => warning.includes(why)),
    describeEnd(end),
  );
});
