/** Somebody removes what an engine needs to be heard, or puts an older copy in its place: it is heard again soon. */

import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../src/control/client.js";
import { ControlServer } from "../../src/control/server.js";
import { slatePath } from "../../src/control/socket-path.js";
import { readSlate, Slate } from "../../src/system/write/slate.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

const REQUEST = { verb: "cancel", job: "j", tasks: null } as const;

function saidOn(path: string): ReadonlyMap<string, string> {
  const slate = readSlate(path);
  assert.ok(typeof slate !== "string");
  return slate;
}

function listen(t: TestContext): { directory: string; server: ControlServer } {
  const directory = join(temporaryPlace(t).root, "control");
  mkdirSync(directory, { mode: 0o700 });
  const answer = async (): Promise<object> => ({ cancelled: ["a"] });
  const server = new ControlServer({ directory, answer, troubles: () => new Map([["j", "the disk"]]), onTrouble: assert.fail });
  server.listen();
  t.after(() => server.close());
  return { directory, server };
}

async function isReached(directory: string, name: string): Promise<boolean> {
  for (let trial = 0; trial < 100; trial++) {
    const answer = await ask(directory, name, REQUEST).catch(() => null);
    if (answer !== null) return true;
    await pause(100);
  }
  return false;
}

const HURTS: Readonly<Record<string, (directory: string, name: string) => void>> = {
  "is removed": (directory, name) => rmSync(join(directory, name)),
  "is removed with its directory": (directory) => rmSync(directory, { recursive: true }),
  "makes room for a file": (directory, name) => {
    rmSync(join(directory, name));
    writeFileSync(join(directory, name), "");
  },
};

for (const [what, hurt] of Object.entries(HURTS)) {
  test(`an engine whose socket ${what} is reached again, and says what it waits for`, async (t) => {
    const { directory, server } = listen(t);
    assert.ok(await isReached(directory, server.name));
    hurt(directory, server.name);
    assert.ok(await isReached(directory, server.name));
    assert.ok(await waitUntil(() => saidOn(slatePath(directory, server.name)).get("j") === "the disk"));
  });
}

test("an engine that could not listen at first is reached once it can, and its trouble is told once", async (t) => {
  const directory = join(temporaryPlace(t).root, "control");
  writeFileSync(directory, "");
  const troubles: string[] = [];
  const server = new ControlServer({
    directory,
    answer: async () => ({ cancelled: ["a"] }),
    troubles: () => new Map(),
    onTrouble: ({ message }) => troubles.push(message),
  });
  server.listen();
  t.after(() => server.close());
  await pause(2500);
  assert.equal(troubles.length, 1, troubles.join());
  rmSync(directory);
  assert.ok(await isReached(directory, server.name));
  assert.equal(troubles.length, 1, troubles.join());
});

test("a directory whose parent was removed with it is not made anew by an engine", async (t) => {
  const { directory, server } = listen(t);
  assert.ok(await isReached(directory, server.name));
  const root = join(directory, "..");
  rmSync(root, { recursive: true });
  await pause(1500);
  assert.equal(existsSync(root), false);
  mkdirSync(root);
  assert.ok(await isReached(directory, server.name));
});

const COPIES: Readonly<Record<string, (path: string, older: Buffer) => void>> = {
  "was removed": (path) => rmSync(path),
  "was moved away": (path) => renameSync(path, `${path}.aside`),
  "was moved away with an older copy in its place": (path, older) => {
    renameSync(path, `${path}.aside`);
    writeFileSync(path, older);
  },
  "was replaced by an older copy": (path, older) => {
    writeFileSync(`${path}.older`, older);
    renameSync(`${path}.older`, path);
  },
  "was written over by an older copy": (path, older) => writeFileSync(path, older),
};

for (const [what, copy] of Object.entries(COPIES)) {
  test(`what stands on a slate stands there again after its file ${what}`, (t) => {
    const { root } = temporaryPlace(t);
    const path = join(root, "slate");
    const slate = new Slate(path);
    const older = readFileSync(path);
    slate.say(new Map([["j", "the disk"]]));
    copy(path, older);
    slate.say(new Map([["j", "the disk"]]));
    assert.deepEqual([...saidOn(path)], [["j", "the disk"]]);
    slate.remove();
  });
}

test("a slate in whose place something else lay at first is written once that is gone", (t) => {
  const { root } = temporaryPlace(t);
  const path = join(root, "slate");
  mkdirSync(path);
  const slate = new Slate(path);
  const said = new Map([["j", "the disk"]]);
  slate.say(said);
  assert.match(JSON.stringify(readSlate(path)), /something else lies at/);
  rmdirSync(path);
  slate.say(said);
  assert.deepEqual([...saidOn(path)], [...said]);
  slate.remove();
  assert.deepEqual(readdirSync(root), []);
});

test("a slate for which a full disk has no room says so, and what is to be said stands there as soon as it has", (t) => {
  const { root } = temporaryPlace(t);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", root]).status !== 0) return t.skip("needs to mount");
  try {
    fill(join(root, "fill"));
    const slate = new Slate(join(root, "slate"));
    const said = new Map([["j", "the disk"]]);
    slate.say(said);
    assert.match(JSON.stringify(readSlate(join(root, "slate"))), /finds no room/);
    rmSync(join(root, "fill"));
    slate.say(said);
    assert.deepEqual([...saidOn(join(root, "slate"))], [["j", "the disk"]]);
    slate.remove();
  } finally {
    spawnSync("umount", ["-l", root]);
  }
});

function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(4096));
  } catch {
    // It is full.
  }
}
