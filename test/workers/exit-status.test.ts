import assert from "node:assert/strict";
import { test } from "node:test";

import { classify } from "../../src/workers/exit-status.js";
import type { Evidence } from "../../src/workers/exit-status.js";

const DASH = { file: "/bin/dash", name: "air-lane", isDash: true };
const BASH = { file: "/bin/sh", name: "sh", isDash: false };
const NOTHING: Evidence = { log: "/logs/1", logTail: "", complaint: "", file: "/x/tool", shell: DASH };

test("an exit code is an exit code, also above 128", () => {
  for (const exitCode of [0, 1, 2, 126, 127, 128, 137, 143, 200, 255]) {
    assert.deepEqual(classify(exitCode, { ...NOTHING, logTail: "some output\n" }), { kind: "exited", exitCode });
  }
});

test("the shell's word at the end of the log tells a signal, also behind an unfinished line", () => {
  assert.deepEqual(classify(137, { ...NOTHING, logTail: "Killed\n" }), { kind: "signaled", signal: "SIGKILL" });
  assert.deepEqual(classify(137, { ...NOTHING, logTail: "50 %Killed\n" }), { kind: "signaled", signal: "SIGKILL" });
  const dumped = { ...NOTHING, logTail: "out\nSegmentation fault (core dumped)\n" };
  assert.deepEqual(classify(139, dumped), { kind: "signaled", signal: "SIGSEGV" });
  assert.deepEqual(classify(168, { ...NOTHING, logTail: "Real-time signal 6\n" }), { kind: "signaled", signal: "SIGRTMIN+6" });
});

test("the word of another signal, or one that is not last, tells nothing", () => {
  assert.deepEqual(classify(143, { ...NOTHING, logTail: "Killed\n" }), { kind: "exited", exitCode: 143 });
  assert.deepEqual(classify(137, { ...NOTHING, logTail: "Killed\nbye\n" }), { kind: "exited", exitCode: 137 });
});

test("bash tells a signal on its own stderr", () => {
  const complaint = "sh: line 9:  4242 Killed                  A='1' '/x/tool' > '/logs/1' 2>&1";
  assert.deepEqual(classify(137, { ...NOTHING, complaint, shell: BASH }), { kind: "signaled", signal: "SIGKILL" });
});

test("where the shell has no word for a signal, its number counts", () => {
  assert.deepEqual(classify(143, { ...NOTHING, shell: BASH }), { kind: "signaled", signal: "SIGTERM" });
  assert.deepEqual(classify(130, NOTHING), { kind: "signaled", signal: "SIGINT" });
  assert.deepEqual(classify(141, NOTHING), { kind: "signaled", signal: "SIGPIPE" });
});

test("a redirection that failed is a failure to start; that logs/ takes no file is no fault of the task", () => {
  const exists = classify(2, { ...NOTHING, complaint: "air-lane: 5: cannot create /logs/1: File exists" });
  assert.deepEqual(exists, { kind: "spawn-failed", message: "cannot create /logs/1: File exists" });
  for (const reason of ["Too many open files", "Cannot allocate memory"]) {
    const message = `cannot create /logs/1: ${reason}`;
    assert.deepEqual(classify(2, { ...NOTHING, complaint: `air-lane: 5: ${message}` }), { kind: "not-begun", message });
  }
  for (const reason of ["No space left on device", "Permission denied", "Directory nonexistent", "Input/output error"]) {
    const expected = { kind: "not-begun", message: `/logs: ${reason}`, hindrance: "log" };
    assert.deepEqual(classify(2, { ...NOTHING, complaint: `air-lane: 5: cannot create /logs/1: ${reason}` }), expected);
    assert.deepEqual(classify(1, { ...NOTHING, complaint: `sh: line 5: /logs/1: ${reason}`, shell: BASH }), expected);
  }
});

test("an exec that failed is told by the shell's own line in the log, and by no other", () => {
  const refused = classify(126, { ...NOTHING, logTail: "air-lane: 5: /x/tool: Permission denied\n" });
  assert.equal(refused.kind, "spawn-failed");
  const tooLong = classify(126, { ...NOTHING, logTail: "air-lane: 5: /x/tool: Argument list too long\n" });
  assert.ok(tooLong.kind === "spawn-failed" && /pass them in a file/.test(tooLong.message));
  const script = classify(127, { ...NOTHING, logTail: "sh: 1: docker: not found\n" });
  assert.deepEqual(script, { kind: "exited", exitCode: 127 });
});
