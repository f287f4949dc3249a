import assert from "node:assert/strict";
import { test } from "node:test";
import { explainSystemError } from "../../src/cli/system-error.js";
import { AirError } from "../../src/index.js";

test("a disk that fails or can't be reached is said to be that, whatever its file system calls it", () => {
  // The server of a FUSE mount that ended, a share whose host is down, a file that its server does not know any more.
  for (const code of ["EIO", "ESTALE", "ENOTCONN", "EREMOTEIO", "EHOSTDOWN"]) {
    const error = Object.assign(new Error(`${code}: refused`), { code, syscall: "lstat", path: "/there/jobs" });
    const explained = explainSystemError(error);
    assert.ok(explained instanceof AirError);
    assert.equal(explained.code, "AIR_DISK", code);
    assert.equal(
      explained.message,
      `/there/jobs can't be used: its disk fails, or can't be reached (${code}); see to it, or choose another directory with --dir`,
    );
  }
});

test("of a part of the program that can't be read nobody is told to choose another directory of jobs", () => {
  for (const path of [import.meta.filename.replace("/test/", "/src/"), "/there/node_modules/yaml/index.js", undefined]) {
    const error = Object.assign(new Error("EIO: refused"), { code: "EIO", syscall: "read", ...(path !== undefined && { path }) });
    const { message } = explainSystemError(error) as AirError;
    assert.equal(message, `${path ?? "a file"} can't be used: its disk fails, or can't be reached (EIO); see to it`);
  }
});
