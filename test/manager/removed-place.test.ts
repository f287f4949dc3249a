import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { takeLock } from "../../src/system/lock/lock.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { ManagedDirectory, until } from "./manager-process.js";

const place = (managed: ManagedDirectory): string => join(managed.base, "manager.pid");

function pidIn(path: string): number | null {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { pid: number }).pid;
  } catch {
    return null;
  }
}

for (const [what, away] of [
  ["removed", (path: string) => rmSync(path)],
  ["moved away", (path: string) => renameSync(path, `${path}.aside`)],
] as const)
  test(`a manager whose file was ${what} makes it anew, and can be found and stopped`, async (t) => {
    const managed = new ManagedDirectory(t);
    const { pid } = await managed.start();
    away(place(managed));
    await until(() => pidIn(place(managed)) === pid, "the file to be there again");
    assert.equal(managed.run("stop").status, 0);
    await until(() => !managed.isUp, "the manager to stop");
  });

test("a lock whose directory was moved away is not made anew in another one that is in its place", async (t) => {
  const { root } = temporaryPlace(t);
  const [dir, elsewhere] = [join(root, "dir"), join(root, "elsewhere")];
  mkdirSync(dir);
  const lock = await takeLock(join(dir, "lock"), "it");
  renameSync(dir, elsewhere);
  await lock.restore();
  assert.equal(existsSync(dir), false);
  mkdirSync(dir);
  await lock.restore();
  assert.deepEqual(readdirSync(dir), []);
  renameSync(join(elsewhere, "lock"), join(root, "lock"));
  rmSync(dir, { recursive: true });
  renameSync(elsewhere, dir);
  await lock.restore();
  assert.equal(pidIn(join(dir, "lock")), process.pid);
  lock.release();
});

test("where another manager has taken a place whose file was removed, the first one stops", async (t) => {
  const managed = new ManagedDirectory(t);
  const first = await managed.start();
  // So that the other one is quicker.
  first.kill("SIGSTOP");
  rmSync(place(managed));
  const second = await managed.start();
  first.kill("SIGCONT");
  await until(() => first.exitCode !== null, "the first manager to stop");
  assert.equal(first.exitCode, 0);
  assert.equal(pidIn(place(managed)), second.pid);
  assert.ok(managed.isUp);
});
