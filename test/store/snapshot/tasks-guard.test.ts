import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { fitsItself } from "../../../src/store/text/demand-faults.js";
import { TasksGuard } from "../../../src/store/snapshot/tasks-guard.js";
import type { Rewrite } from "../../../src/store/snapshot/tasks-rewrite.js";
import { AT, task, taken, temporaryDirectory } from "../sample-job.js";

interface Rig {
  readonly paths: JobPaths;
  readonly guard: TasksGuard;
  readonly heard: Rewrite[];
  /** The file as somebody who has read ours would write it, with these tasks appended. */
  readonly appended: (...ids: string[]) => string;
  /** Puts a file of ours in place; false if that was not possible. */
  readonly put: () => boolean;
  /** Lets time go by. */
  readonly pass: (ms: number) => void;
}

function rig(t: TestContext): Rig {
  const paths = jobPaths(join(temporaryDirectory(t), "sample"));
  mkdirSync(paths.dir);
  const picture = new Picture();
  picture.apply(taken);
  picture.apply({ type: "tasks-added", at: AT, tasks: [task("a")] });
  const heard: Rewrite[] = [];
  const guard = new TasksGuard(paths, {
    picture,
    fit: fitsItself,
    known: null,
    onRewrite: (rewrite) => {
      heard.push(rewrite);
      if (rewrite.added.length > 0) picture.apply({ type: "tasks-added", at: AT, tasks: rewrite.added });
    },
    onNews: () => {},
  });
  t.after(() => guard.close());
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const lines = (ids: readonly string[]): string =>
    JSON.stringify(ids.map((id) => ({ id, command: "/bin/true", created_at: new Date(AT).toISOString() })));
  return {
    paths,
    guard,
    heard,
    appended: (...ids) => lines(["a", ...ids]),
    put: () => {
      const temporary = `${paths.tasks}.tmp`;
      writeFileSync(temporary, lines(picture.tasks.map(({ id }) => id)));
      return guard.replace(temporary, { stats: statSync(temporary, { bigint: true }), count: picture.tasks.length });
    },
    pass: (ms) => {
      now += ms;
    },
  };
}

const added = (heard: readonly Rewrite[]): string[] => heard.flatMap((rewrite) => rewrite.added.map(({ id }) => id));

test("what somebody wrote is not replaced before it is understood, and then it is ours again", async (t) => {
  const { paths, guard, heard, appended, put } = rig(t);
  assert.ok(put());
  assert.equal(guard.hasNews(), false);
  writeFileSync(paths.tasks, appended("b"));
  assert.equal(guard.hasNews(), true);
  assert.equal(put(), false);
  assert.equal(await guard.understand(), true);
  assert.deepEqual([added(heard), guard.isByOthers], [["b"], true]);
  assert.ok(put());
  assert.deepEqual([guard.isByOthers, guard.hasNews()], [false, false]);
  assert.equal(await guard.understand(), true);
  assert.equal(heard.length, 1);
});

test("what is written while it is read is read as well", async (t) => {
  const { paths, guard, heard, appended, put } = rig(t);
  assert.ok(put());
  writeFileSync(paths.tasks, appended("b"));
  const understood = guard.understand();
  writeFileSync(paths.tasks, appended("b", "c"));
  await understood;
  assert.equal(put(), false);
  assert.equal(await guard.understand(), true);
  assert.deepEqual(added(heard), ["b", "c"]);
  assert.ok(put());
});

test("a slow writer who had opened the file that we replaced is still heard, however slowly he writes", async (t) => {
  const { paths, guard, heard, appended, put, pass } = rig(t);
  assert.ok(put());
  const fd = openSync(paths.tasks, "r+");
  assert.ok(put());
  assert.notEqual(fstatSync(fd).ino, statSync(paths.tasks).ino);
  const text = appended("b");
  ftruncateSync(fd, 0);
  for (const half of [text.slice(0, 20), text.slice(20)]) {
    pass(1500);
    writeSync(fd, half);
    assert.equal(guard.hasNews(), true);
    assert.equal(await guard.understand(), true);
  }
  closeSync(fd);
  assert.deepEqual([added(heard), guard.isByOthers, guard.hasNews()], [["b"], true, false]);
});

test("a writer who gave up in a file that we replaced is waited for no longer than the settle time", async (t) => {
  const { paths, guard, heard, put, pass } = rig(t);
  assert.ok(put());
  const fd = openSync(paths.tasks, "r+");
  assert.ok(put());
  ftruncateSync(fd, 0);
  writeSync(fd, "[{");
  await guard.understand();
  assert.equal(guard.hasNews(), true);
  pass(2000);
  await guard.understand();
  closeSync(fd);
  assert.deepEqual([guard.hasNews(), heard], [false, []]);
});

test("half a file is left alone until it has settled, and then kept under another name", async (t) => {
  const { paths, guard, heard, put, pass } = rig(t);
  assert.ok(put());
  writeFileSync(paths.tasks, "[{");
  assert.equal(await guard.understand(), false);
  pass(1999);
  writeFileSync(paths.tasks, '[{"id"');
  assert.equal(await guard.understand(), false, "somebody still writes");
  pass(1999);
  assert.equal(await guard.understand(), false);
  assert.equal(existsSync(paths.tasksRejected), false);
  pass(1);
  assert.equal(await guard.understand(), true);
  assert.ok(put());
  assert.equal(readFileSync(paths.tasksRejected, "utf8"), '[{"id"');
  assert.match(heard[0]!.refusals[0]!, /no list of tasks/);
});

test("a file that was taken away is not made again at once", async (t) => {
  const { paths, guard, heard, put, pass } = rig(t);
  assert.ok(put());
  rmSync(paths.tasks);
  assert.equal(guard.hasNews(), true);
  assert.equal(put(), false);
  assert.equal(await guard.understand(), false);
  pass(2000);
  assert.equal(await guard.understand(), true);
  assert.ok(put());
  assert.deepEqual(heard, []);
});

test("tasks that don't continue ours wait for the settle time too: another run may be about to come", async (t) => {
  const { paths, guard, heard, put, pass } = rig(t);
  assert.ok(put());
  writeFileSync(
    paths.tasks,
    JSON.stringify([
      { id: "a", command: "/bin/true", created_at: "another time" },
      { id: "b", command: "true" },
    ]),
  );
  assert.equal(await guard.understand(), false);
  assert.equal(put(), false);
  pass(2000);
  assert.equal(await guard.understand(), true);
  assert.deepEqual(added(heard), ["b"]);
});

test("a removal is noted only of tasks that the writer must have seen", async (t) => {
  const { paths, guard, heard, appended, put, pass } = rig(t);
  assert.ok(put());
  pass(1000);
  writeFileSync(paths.tasks, appended("b"));
  await guard.understand();
  assert.ok(put());
  pass(1500);
  writeFileSync(paths.tasks, appended());
  await guard.understand();
  assert.deepEqual(heard.at(-1)!.changes, []);
  assert.ok(put());
  pass(2500);
  writeFileSync(paths.tasks, appended());
  await guard.understand();
  assert.deepEqual(heard.at(-1)!.changes, ['task "b" was taken out of tasks.json: it stays in the job']);
});
