import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dropJob, readJobFile } from "../../src/index.js";
import { atGate, makePlace, run, until, type Place } from "./support.js";

/** A directory with a manager, and a job that it has been given. */
async function managed(context: TestContext, tasks: Parameters<Place["runElsewhere"]>[0]): Promise<Place> {
  const place = await makePlace(context);
  const { process: manager, ended } = place.start(["start", "--foreground", "--dir", place.base, "--grace-period", "1"]);
  place.atEnd(async () => {
    manager.kill("SIGTERM");
    assert.equal((await ended).code, 0);
  });
  const spec = await readJobFile(place.write("job.json", [...tasks]));
  await dropJob("job", spec, { dir: place.base, cwd: place.dir });
  return place;
}

const stateIs = (place: Place, state: string) => (): boolean => place.state()["state"] === state;

test("a manager's job grows while it runs and after it has ended", async (context) => {
  const place = await managed(context, [atGate("hold")]);
  await until(() => existsSync(join(place.dir, "began-hold")));
  assert.equal((await place.executor.add("job", [run("a", "true", ["hold"])])).isRunning, true);
  place.openGate();
  await until(stateIs(place, "completed"));
  await place.executor.add("job", [run("b", "true", ["a"])]);
  await until(() => place.statuses()["b"] === "completed");
  await until(stateIs(place, "completed"));
  assert.deepEqual(
    place.tasks().map(({ attempts }) => attempts),
    [1, 1, 1],
  );
});

test("a manager's job is cancelled, retried here while the manager watches, and removed", async (context) => {
  const place = await managed(context, [atGate("hold"), run("behind", "true", ["hold"])]);
  await until(() => existsSync(join(place.dir, "began-hold")));
  await place.executor.cancel("job");
  await until(stateIs(place, "cancelled"));
  place.openGate();
  const { tasks, job } = await place.executor.retry("job");
  assert.deepEqual(tasks, ["hold", "behind"]);
  if (job !== null) assert.equal((await job.finished()).state, "completed");
  await until(stateIs(place, "completed"));
  await place.executor.remove("job");
  assert.equal(existsSync(place.jobDir()), false);
});
