import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ensurePrivateDirectory } from "../../src/system/write/private-directory.js";
import { readRegularFile } from "../../src/system/read/regular-file.js";

const directory = mkdtempSync(join(tmpdir(), "air-paths-"));
after(() => rmSync(directory, { recursive: true }));

const options = { maxBytes: 1024 * 1024, expected: "a job file" };
const isRoot = process.geteuid?.() === 0;

function inDirectory(name: string): string {
  return join(directory, name);
}

test("a regular file is read whole, also an empty one", () => {
  for (const [name, content] of [
    ["full", "x".repeat(70_000)],
    ["empty", ""],
  ] as const) {
    writeFileSync(inDirectory(name), content);
    assert.equal(readRegularFile(inDirectory(name), options).toString(), content);
  }
});

test("a named pipe is refused at once instead of waited for", () => {
  const path = inDirectory("pipe");
  execFileSync("mkfifo", [path]);
  assert.throws(() => readRegularFile(path, options), {
    code: "AIR_INVALID_JOB",
    message: `${path} is a named pipe, expected a job file: put a regular file in its place`,
  });
});

test("a link is refused, unless the user named it", () => {
  writeFileSync(inDirectory("target"), "[]");
  symlinkSync(inDirectory("target"), inDirectory("link"));
  assert.throws(() => readRegularFile(inDirectory("link"), options), {
    code: "AIR_INVALID_JOB",
    message: /is a symbolic link, expected a job file/,
  });
  assert.equal(readRegularFile(inDirectory("link"), { ...options, followsLinks: true }).toString(), "[]");
});

test("a directory, a device and a socket are refused", async () => {
  assert.throws(() => readRegularFile(directory, options), {
    code: "AIR_INVALID_JOB",
    message: /is a directory, expected a job file/,
  });
  assert.throws(() => readRegularFile("/dev/zero", options), {
    code: "AIR_INVALID_JOB",
    message: /is a device, expected a job file/,
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(inDirectory("socket"), resolve));
  assert.throws(() => readRegularFile(inDirectory("socket"), options), {
    code: "AIR_INVALID_JOB",
    message: /is a socket, expected a job file/,
  });
  server.close();
});

test("a file that does not exist is told from one that must not be read", () => {
  assert.throws(() => readRegularFile(inDirectory("nothing"), options), {
    code: "AIR_NOT_FOUND",
    message: `${inDirectory("nothing")} does not exist, expected a job file: check the path`,
  });
  assert.throws(() => readRegularFile("a\0b", options), { code: "AIR_USAGE" });
  assert.throws(() => readRegularFile("", options), { code: "AIR_USAGE" });
});

test("a file beyond the limit is refused without reading it, one at the limit is read", () => {
  const path = inDirectory("large");
  writeFileSync(path, "");
  truncateSync(path, 100 * 1024 * 1024);
  assert.throws(() => readRegularFile(path, options), {
    code: "AIR_INVALID_JOB",
    message: `${path} is too large, expected at most 1 MiB: split it into several jobs`,
  });
  truncateSync(path, options.maxBytes);
  assert.equal(readRegularFile(path, options).length, options.maxBytes);
});

test("a directory of our own is made closed to others, and left alone when it is", () => {
  const path = inDirectory("own");
  assert.equal(ensurePrivateDirectory(path), null);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  chmodSync(path, 0o755);
  assert.equal(ensurePrivateDirectory(path), null);
  assert.equal(statSync(path).mode & 0o777, 0o755);
});

test("a directory that others may write to is closed to them, with a warning", () => {
  const path = inDirectory("open");
  mkdirSync(path);
  chmodSync(path, 0o775);
  assert.equal(
    ensurePrivateDirectory(path),
    `${path} could be written to by other users (mode 0775): it is now closed to them (mode 0700)`,
  );
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test("a link or a file in a directory's place is refused, also with a slash behind it", () => {
  mkdirSync(inDirectory("elsewhere"));
  symlinkSync(inDirectory("elsewhere"), inDirectory("directory-link"));
  writeFileSync(inDirectory("file"), "");
  for (const name of ["directory-link", "directory-link/", "file"]) {
    assert.throws(() => ensurePrivateDirectory(inDirectory(name)), {
      code: "AIR_UNSAFE_PATH",
      message: /is a link or a file, expected a directory/,
    });
  }
});

test("another user's directory is refused and not touched", { skip: !isRoot }, () => {
  const path = inDirectory("foreign");
  mkdirSync(path);
  chmodSync(path, 0o777);
  chownSync(path, 12_345, 12_345);
  assert.throws(() => ensurePrivateDirectory(path), { code: "AIR_UNSAFE_PATH", message: /belongs to user 12345/ });
  assert.equal(statSync(path).mode & 0o777, 0o777);
});

test("a directory whose parent is missing is refused", () => {
  assert.throws(() => ensurePrivateDirectory(inDirectory("none/below")), {
    code: "AIR_UNSAFE_PATH",
    message: /the directory above it does not exist/,
  });
});
