import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, until } from "./manager-process.js";

const place = (managed: ManagedDirectory): string => join(managed.base, "manager.pid");

function pidIn(path: string): number | null {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { pid: number }).pid;
  } catch {
    return null;
  }
}

test("a manager whose file was removed makes it anew, and can be found and stopped", async (t) => {
  const managed = new ManagedDirectory(t);
  const { pid } = await managed.start();
  rmSync(place(managed));
  await until(() => pidIn(place(managed)) === pid, "the file to be there again");
  assert.equal(managed.run("stop").status, 0);
  await until(() => !managed.isUp, "the manager to stop");
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
