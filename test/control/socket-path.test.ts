import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, rmdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask } from "../../src/control/client.js";
import { ControlServer } from "../../src/control/server.js";
import { socketDirectory } from "../../src/control/socket-path.js";
import { makePlayground } from "../cli/support/cli.js";

const long = `/${"a-long-directory/".repeat(8)}control`;
const elsewhere = "darwin";

test("where long paths can't be shortened, both sides come to one short directory that is closed to others", async (context) => {
  const { dir } = makePlayground(context);
  const places = [long, `${long}/other`].map((path) => socketDirectory(path, { platform: elsewhere, shortParent: dir }));
  assert.equal(new Set(places).size, 1);
  const directory = places[0]!;
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const server = new ControlServer({
    directory,
    answer: async ({ job }) => ({ job }),
    troubles: () => new Map(),
    onTrouble: assert.ifError,
  });
  server.listen();
  assert.deepEqual(await ask(directory, server.name, { verb: "cancel", job: "etl", tasks: null }), { ok: { job: "etl" } });
  await server.close();
  assert.deepEqual(readdirSync(directory), []);
});

test("what engines have left that were killed before they listened goes, and nothing of one that lives", async (context) => {
  const { dir } = makePlayground(context);
  const ended = 2 ** 22 + 1;
  const names = [`${ended}-1.waits`, `${process.pid}-2.waits`, `${ended}-3.waits`, "notes.waits"];
  for (const name of names) writeFileSync(join(dir, name), "{}");
  for (const name of names.filter((each) => !each.includes("-3"))) utimesSync(join(dir, name), 1, 1);
  const server = new ControlServer({
    directory: dir,
    answer: async () => ({}),
    troubles: () => new Map(),
    onTrouble: assert.ifError,
  });
  server.listen();
  await server.close();
  assert.deepEqual(
    readdirSync(dir)
      .filter((name) => name.endsWith(".waits"))
      .toSorted(),
    names.slice(1).toSorted(),
  );
});

test("a short path stays where it is, and on Linux a long one too", () => {
  assert.equal(socketDirectory("/srv/jobs/control", { platform: elsewhere }), "/srv/jobs/control");
  assert.equal(socketDirectory(long, { platform: "linux" }), long);
});

test("a short directory that others can enter, or a link in its place, is refused", (context) => {
  const { dir: shortParent } = makePlayground(context);
  const made = socketDirectory(long, { platform: elsewhere, shortParent });
  chmodSync(made, 0o755);
  assert.throws(() => socketDirectory(long, { platform: elsewhere, shortParent }), { code: "AIR_UNSAFE_PATH" });
  rmdirSync(made);
  mkdirSync(join(shortParent, "target"), { mode: 0o700 });
  symlinkSync(join(shortParent, "target"), made);
  assert.throws(() => socketDirectory(long, { platform: elsewhere, shortParent }), { code: "AIR_UNSAFE_PATH" });
  rmdirSync(join(shortParent, "target"));
  // Also one that leads nowhere.
  assert.throws(() => socketDirectory(long, { platform: elsewhere, shortParent }), { code: "AIR_UNSAFE_PATH" });
});
