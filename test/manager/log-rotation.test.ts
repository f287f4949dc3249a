import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLog } from "../../src/manager/log.js";
import { FAULTS_VARIABLE, type Fault } from "../support/fault-plan.js";
import { ManagedDirectory, task, until } from "./manager-process.js";

const preload = fileURLToPath(new URL("../support/fault-preload.js", import.meta.url));
/** At which a manager rotates. */
const LIMIT = 10 * 1024 * 1024;

/** The log and the files that were put aside, oldest first, with their lines; whatever is torn is no JSON. */
function logs(dir: string, name = "manager.log"): { name: string; lines: { msg: string }[] }[] {
  const names = readdirSync(dir).filter((each) => each.startsWith(name));
  return names
    .toSorted()
    .toReversed()
    .map((each) => {
      const text = readFileSync(join(dir, each), "utf8");
      assert.ok(text === "" || text.endsWith("\n"), `${each} ends within a line`);
      return {
        name: each,
        lines: text
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as { msg: string }),
      };
    });
}

const messages = (dir: string): string[] => logs(dir).flatMap(({ lines }) => lines.map(({ msg }) => msg));

/** A log that the next few lines fill, and older ones. */
function fill(place: ManagedDirectory): void {
  const line = (msg: string): string => `${JSON.stringify({ msg })}\n`;
  for (const number of [1, 2, 3])
    writeFileSync(join(place.base, `manager.log.${number}`), line(`old ${number}`), { mode: 0o600 });
  const filler = line("x".repeat(1024 * 1024 - line("").length));
  const last = line("last");
  const rest = line("x".repeat(1024 * 1024 - line("").length - last.length - 50));
  writeFileSync(join(place.base, "manager.log"), filler.repeat(9) + rest + last, { mode: 0o600 });
}

test("a manager puts its full log aside: no line is lost or torn, three older ones are kept, none can be read by others", async (t) => {
  const place = new ManagedDirectory(t);
  fill(place);
  await place.start();
  place.drop("hello", [task("hello", "echo", ["hello"])]);
  // Its files show the end of a job a moment before its manager has heard of it.
  await until(
    () => existsSync(join(place.base, "manager.log")) && place.log().includes('hello\\" completed'),
    "the manager to hear of it",
  );
  assert.equal(await place.end(), 0);
  const found = logs(place.base);
  assert.deepEqual(
    found.map(({ name }) => name),
    ["manager.log.3", "manager.log.2", "manager.log.1", "manager.log"],
  );
  assert.equal(statSync(join(place.base, "manager.log.1")).size > LIMIT - 1024, true);
  for (const { name } of found) {
    const { mode, size } = statSync(join(place.base, name));
    assert.equal(mode & 0o777, 0o600);
    assert.ok(size <= LIMIT);
  }
  const said = messages(place.base).filter((message) => !message.startsWith("x"));
  assert.deepEqual(said.slice(0, 3), ["old 2", "old 1", "last"]);
  assert.deepEqual(
    said.slice(3).map((message) => message.replace(/watching .*/, "watching")),
    [
      "watching",
      'job "hello" is taken up',
      'job "hello" completed',
      "stopping: what runs may finish within the grace period",
      "stopped",
    ],
  );
});

test("a manager that is killed between any two actions of a rotation loses no line, and the next one finishes it", async (t) => {
  for (const number of [3, 2, 1]) {
    for (const when of ["before", "after"] as const) {
      const place = new ManagedDirectory(t);
      fill(place);
      const fault: Fault = { kind: "kill", when, call: "renameSync", path: `manager.log.${number}`, nth: 1 };
      const killed = spawnSync(process.execPath, ["--import", preload, place.cli, "start", "--foreground"], {
        cwd: place.root,
        env: { ...place.env, [FAULTS_VARIABLE]: JSON.stringify([fault]) },
        timeout: 20_000,
      });
      assert.equal(killed.signal, "SIGKILL", `${when} ${number}: ${killed.stderr.toString()}`);
      await place.start();
      assert.equal(await place.end(), 0);
      const said = messages(place.base);
      for (const message of ["old 2", "old 1", "last", "stopped"]) {
        assert.equal(said.filter((each) => each === message).length, 1, `${message}, killed ${when} ${number}`);
      }
      assert.ok(logs(place.base).length <= 4);
      assert.ok(existsSync(join(place.base, "manager.log.1")));
    }
  }
});

test("lines go on in the next file where the last one ends, whatever they hold, and the oldest file goes", (t) => {
  const { base } = new ManagedDirectory(t);
  const log = openLog({ path: join(base, "manager.log"), maxBytes: 2000, kept: 2 });
  for (let n = 0; n < 200; n++) log.write("info", `${n} ${"é😀".repeat(n % 7)}`);
  log.close();
  const again = openLog({ path: join(base, "manager.log"), maxBytes: 2000, kept: 2 });
  again.write("info", "200 last");
  again.close();
  const numbers = messages(base).map((message) => Number.parseInt(message, 10));
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 201 - numbers.length + index),
  );
  assert.ok(numbers.length > 20);
  assert.equal(logs(base).length, 3);
  for (const { name } of logs(base)) assert.ok(statSync(join(base, name)).size <= 2000, name);
});

test("a log that others remove, put aside or empty goes on at its path", (t) => {
  const { base } = new ManagedDirectory(t);
  const path = join(base, "manager.log");
  const log = openLog({ path });
  const lines = (): string[] => logs(base).flatMap((each) => each.lines.map(({ msg }) => `${each.name}: ${msg}`));
  log.write("info", "first");
  rmSync(path);
  log.write("info", "removed");
  assert.deepEqual(lines(), ["manager.log: removed"]);
  renameSync(path, join(base, "manager.log-aside"));
  log.write("info", "put aside");
  assert.deepEqual(lines(), ["manager.log-aside: removed", "manager.log: put aside"]);
  truncateSync(path);
  log.write("info", "emptied");
  renameSync(path, join(base, "manager.log-behind"));
  mkdirSync(path);
  log.write("info", "a directory in its place");
  rmSync(path, { recursive: true });
  log.write("info", "gone again");
  log.close();
  assert.deepEqual(lines(), [
    "manager.log-behind: emptied",
    "manager.log-behind: a directory in its place",
    "manager.log-aside: removed",
    "manager.log: gone again",
  ]);
});
