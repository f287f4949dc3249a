import assert from "node:assert/strict";
import {
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makePlayground } from "./support/cli.js";
import { INIT_FILES, initFiles } from "../../src/cli/init-files.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "air-init-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("everything is put into an empty directory, byte for byte, and what is executable stays so", async () => {
  assert.deepEqual(await initFiles(dir), { written: [...INIT_FILES], kept: [] });
  for (const file of INIT_FILES) {
    assert.deepEqual(readFileSync(join(dir, file)), readFileSync(join(root, file)), file);
    const isExecutable = (statSync(join(dir, file)).mode & constants.S_IXUSR) !== 0;
    assert.equal(isExecutable, !file.startsWith("examples/"), file);
  }
});

test("a second time there is nothing to do", async () => {
  await initFiles(dir);
  assert.deepEqual(await initFiles(dir), { written: [], kept: [] });
});

test("a file that differs is kept and named", async () => {
  writeFileSync(join(dir, "status.sh"), "mine");
  const { written, kept } = await initFiles(dir);
  assert.deepEqual(kept, ["status.sh"]);
  assert.deepEqual(
    written,
    INIT_FILES.filter((file) => file !== "status.sh"),
  );
  assert.equal(readFileSync(join(dir, "status.sh"), "utf8"), "mine");
});

test("a link in a file's place is not written through, even if it leads nowhere", async () => {
  symlinkSync(join(dir, "elsewhere"), join(dir, "status.sh"));
  mkdirSync(join(dir, "create_job.sh"));
  assert.deepEqual((await initFiles(dir)).kept, ["create_job.sh", "status.sh"]);
  assert.equal(existsSync(join(dir, "elsewhere")), false);
  assert.ok(lstatSync(join(dir, "status.sh")).isSymbolicLink());
});

test("a directory that can't take files is an error that says which file and where", async () => {
  writeFileSync(join(dir, "file"), "");
  await assert.rejects(initFiles(join(dir, "file")), {
    code: "AIR_DISK",
    message: /cannot put create_job\.sh into .*file: that is no directory, .*: choose another place$/,
  });
});

test(
  "so is one that takes no entries at all, whose parents are made in vain",
  { skip: process.platform !== "linux" },
  async () => {
    for (const place of ["/proc/none", "/proc/none/deeper"]) {
      await assert.rejects(initFiles(place), { code: "AIR_DISK", message: /ENOENT/ });
    }
  },
);

test("directories above it are made", async () => {
  const deep = join(dir, "a/b/c");
  assert.deepEqual((await initFiles(deep)).written, [...INIT_FILES]);
});

test("the command says what it wrote, and as an object with --json", async (context) => {
  const { run, dir: home } = makePlayground(context);
  const first = await run(["init"]);
  assert.equal(first.code, 0);
  for (const file of INIT_FILES) assert.ok(first.stderr.includes(`wrote ${file}\n`), file);
  writeFileSync(join(home, "status.sh"), "mine");
  const second = await run(["init", "--json"]);
  assert.deepEqual(JSON.parse(second.stdout), { dir: home, written: [], kept: ["status.sh"] });
});
