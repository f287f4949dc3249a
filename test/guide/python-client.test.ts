/** The Python package's own tests, those against the real manager among them, as part of ours. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { pythonClientPath } from "./places.js";
import { findPython } from "./python.js";
import { Workspace } from "./workspace.js";

const python = findPython();

test("the tests of the Python client pass", { skip: python === null ? "there is no python3 on PATH" : false }, async (t) => {
  const workspace = new Workspace();
  t.after(() => workspace.remove());
  const child = spawn(python ?? "", ["-B", "-m", "unittest", "discover", "-s", join(pythonClientPath, "tests")], {
    cwd: workspace.cwd,
    env: { ...workspace.env, PYTHONPATH: join(pythonClientPath, "src") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  assert.equal(child.exitCode, 0, output);
  t.diagnostic(output.trim().split("\n").slice(-3).join(" "));
});
