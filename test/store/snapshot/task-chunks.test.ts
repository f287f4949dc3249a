/** The text of tasks.json, made in chunks that are kept: it is that of its moment, however they are kept. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../../src/domain/events.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { TaskChunks } from "../../../src/store/snapshot/task-chunks.js";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";
import { AT, taken, task } from "../sample-job.js";

const started = (id: string): JobEvent => ({ type: "attempt-started", at: AT + 2, task: id, attempt: 1, claim: "s", key: 1 });
const ended = (id: string): JobEvent => ({
  type: "attempt-ended",
  at: AT + 3,
  task: id,
  attempt: 1,
  outcome: { kind: "exited", exitCode: 0 },
  status: "completed",
  error: null,
  retryAt: null,
});

const read = (text: Iterable<Buffer | string>): string => [...text].join("");
const statuses = (text: string): string[] => (JSON.parse(text) as { status: string }[]).map(({ status }) => status);

for (const count of [300, 10_300]) {
  test(`the text of ${count} tasks shows the moment at which it was asked for, whenever it is read`, (t) => {
    const seed = takeSeed();
    t.diagnostic(`TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const picture = new Picture();
    const ids = Array.from({ length: count }, (_, index) => `t${index}`);
    picture.apply(taken);
    picture.apply({ type: "tasks-added", at: AT, tasks: ids.map((id) => task(id)) });
    const chunks = new TaskChunks(picture);
    // All tasks of the first chunks, some of those behind, and none of the rest.
    const some = ids.filter((_, index) => index < count / 3 || (index < count / 2 && random.chance(0.5)));
    const moments: { readonly text: Iterable<Buffer | string>; readonly expected: string[] }[] = [];
    const look = (): void => {
      moments.push({ text: chunks.text(), expected: picture.records.map(({ status }) => status) });
    };
    look();
    for (const id of some) picture.apply(started(id));
    look();
    for (const id of some) picture.apply(ended(id));
    look();
    picture.apply({ type: "tasks-reset", at: AT + 4, tasks: [ids[0]!], edited: [] });
    look();
    for (const { text, expected } of moments.toReversed()) {
      const whole = read(text);
      assert.deepEqual(statuses(whole), expected);
      assert.equal(whole.split("\n").length, count + 3, "a line a task, and the brackets");
    }
    assert.equal(read(chunks.text()), read(new TaskChunks(picture).text()));
  });
}
