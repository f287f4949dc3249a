import assert from "node:assert/strict";
import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { AirExecutor } from "../../../src/library/air-executor.js";
import type { JobEvent } from "../../../src/domain/events.js";
import { readHistory } from "../../../src/store/history/read-history.js";
import { readJournal } from "../../../src/store/journal/journal-reader.js";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { compacted } from "../../../src/store/history/compaction.js";
import { writeNewJournal } from "../../../src/store/journal/new-journal.js";
import { recover } from "../../../src/store/journal/recovery.js";
import { stateText } from "../../../src/store/snapshot/snapshot.js";
import { root } from "../../source-files.js";
import { sampleEvents, temporaryDirectory } from "../sample-job.js";

async function sampleJob(t: TestContext): Promise<JobPaths> {
  const paths = jobPaths(temporaryDirectory(t));
  await (await writeNewJournal(paths, sampleEvents)).close();
  return paths;
}

test("a torn tail is cut, a copy of it is kept, and the journal goes on behind the last whole line", async (t) => {
  const paths = await sampleJob(t);
  appendFileSync(paths.journal, '{"seq":12,"at":"2026-01-31T1');
  const found = await recover(paths);
  assert.ok(found);
  assert.equal(found.picture.state, "failed");
  assert.equal(readFileSync(paths.journalTorn, "utf8"), '{"seq":12,"at":"2026-01-31T1');
  const interrupted: JobEvent = { type: "job-interrupted", at: 5 };
  found.journal.append([interrupted]);
  await found.journal.close();
  const events: JobEvent[] = [];
  readJournal(paths.journal, (event) => events.push(event));
  assert.deepEqual(events, [...sampleEvents, interrupted]);
});

test("a journal without a whole first line is that of a job that was never taken in", async (t) => {
  const paths = await sampleJob(t);
  const bytes = readFileSync(paths.journal);
  writeFileSync(paths.journal, bytes.subarray(0, 20));
  assert.equal(await recover(paths), null);
});

test("damage in the middle changes nothing on disk", async (t) => {
  const paths = await sampleJob(t);
  const bytes = readFileSync(paths.journal);
  bytes[200]! ^= 1;
  writeFileSync(paths.journal, bytes);
  await assert.rejects(recover(paths), { code: "AIR_DAMAGED" });
  assert.deepEqual(readFileSync(paths.journal), bytes);
  assert.equal(existsSync(paths.journalTorn), false);
});

test("a compacted journal gives the same picture and the same history from fewer lines", async (t) => {
  const paths = await sampleJob(t);
  const before = await recover(paths);
  const history = readHistory(paths);
  assert.ok(before && history);
  await before.journal.close();
  await (await writeNewJournal(paths, compacted(before.picture, history, before.picture.updatedAt))).close();
  const after = await recover(paths);
  assert.ok(after);
  await after.journal.close();
  assert.deepEqual(readHistory(paths), history);
  assert.ok(after.journal.lines < before.journal.lines);
  assert.equal(stateText(after.picture), stateText(before.picture));
  assert.deepEqual(after.picture.tasks, before.picture.tasks);
  assert.deepEqual(after.picture.records, before.picture.records);
});

/** Written once by a release and never to be made again: whoever can't read them has broken somebody's directory. */
const fixtures = join(root, "test", "fixtures");

function copyOf(t: TestContext, format: number): string {
  const dir = join(temporaryDirectory(t), "base");
  cpSync(join(fixtures, `format-${format}`), dir, { recursive: true });
  return dir;
}

for (const [format, jobs] of [
  [1, ["jobs/etl", "jobs/open", "jobs/etl/runs/etl-1795366934"]],
  [3, ["jobs/etl", "jobs/many", "jobs/mapped", "jobs/etl/runs/etl-1795996728"]],
  [4, ["jobs/etl"]],
] as const) {
  test(`a directory of format ${format} says what it always said`, async (t) => {
    const dir = copyOf(t, format);
    for (const job of jobs) {
      const paths = jobPaths(join(dir, job));
      const found = await recover(paths);
      assert.ok(found, job);
      const tasks = JSON.parse(readFileSync(paths.tasks, "utf8")) as {
        id: string;
        status: string;
        exit_code: number | null;
        attempts: number;
        usage?: { user_ms: number; max_rss_kb: number } | null;
      }[];
      assert.deepEqual(
        found.picture.tasks.map(({ id }, index) => {
          const { status, exitCode, attempts, usage } = found.picture.records[index]!;
          return [id, status, exitCode, attempts, usage?.userMs, usage?.maxRssKb];
        }),
        tasks.map(({ id, status, exit_code, attempts, usage }) => [
          id,
          status,
          exit_code,
          attempts,
          usage?.user_ms,
          usage?.max_rss_kb,
        ]),
      );
      assert.deepEqual(JSON.parse(stateText(found.picture)), JSON.parse(readFileSync(paths.state, "utf8")));
    }
  });

  test(`an unfinished job of format ${format} goes on to its end`, async (t) => {
    const dir = copyOf(t, format);
    const executor = await AirExecutor.open({ dir });
    const job = await executor.takeUp(join(dir, "jobs", "open"));
    const { state, counts } = await job.finished();
    await executor.close();
    assert.deepEqual([state, counts.completed], ["completed", 3]);
    // What the version that began it does not know would keep it from reading the rest.
    const isTold = readFileSync(join(dir, "jobs/open/journal.ndjson"), "utf8").includes('"type":"job-taken-up"');
    assert.equal(isTold, format >= 3);
  });
}
