import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { untilHolds } from "../support/shell-loops.js";
import { follow, main, makePlayground } from "./support/cli.js";

/** `$0` is the command. */
const inShell = (dir: string, script: string): ReturnType<typeof follow>["ended"] =>
  follow("sh", ["-c", script.replaceAll("air-executor", '"$0" "$1"'), process.execPath, main], dir, {}).ended;

const READERS: readonly (readonly [command: string, expected: string])[] = [
  ["map echo", "a file"],
  ["map --pipe cat", "a file"],
  ["run -", "a job file"],
  ["validate -", "a job file"],
  ["add job -", "a job file"],
  ["import - --kind commands", "a file"],
];

for (const [command, expected] of READERS) {
  test(`a directory as the standard input of ${command} is said to be one, and is no empty input`, async (context) => {
    const { dir } = makePlayground(context);
    const { code, stderr } = await inShell(dir, `air-executor ${command} < /`);
    assert.deepEqual([code, stderr], [2, `air-executor: standard input is a directory, expected ${expected}\n`]);
  });
}

test("a job file that can't be read to its end is said to be that, whichever way it comes", async (context) => {
  const { dir } = makePlayground(context);
  // A regular file that fails with EIO.
  for (const [command, place] of [
    ["run /proc/self/mem", "/proc/self/mem"],
    ["validate - < /proc/self/mem", "standard input"],
  ] as const) {
    const { code, stderr } = await inShell(dir, `air-executor ${command}`);
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`^air-executor: ${place} can't be read: EIO: .*Nothing is lost`));
  }
});

test("/dev/stdin is standard input, also where that is a socket, which nobody can open", async (context) => {
  if (spawnSync("python3", ["-c", ""]).status !== 0) return context.skip("python3 is not installed");
  const { dir } = makePlayground(context);
  const ofSocket = `
import socket, subprocess, sys
ours, theirs = socket.socketpair()
theirs.sendall(b"one\\ntwo\\n")
theirs.close()
sys.exit(subprocess.run(sys.argv[1:], stdin=ours).returncode)`;
  const map = ["map", "-k", "echo", "{}", "::::", "/dev/stdin"];
  const { code, stdout, stderr } = await follow("python3", ["-c", ofSocket, process.execPath, main, ...map], dir, {}).ended;
  assert.deepEqual([code, stdout], [0, "one\ntwo\n"], stderr);
});

test("a connection that was broken off is no input that has ended, also if its last bytes came with that", async (context) => {
  if (spawnSync("python3", ["-c", ""]).status !== 0) return context.skip("python3 is not installed");
  const { dir } = makePlayground(context);
  const resetAfterOneLine = `
import socket, struct, subprocess, sys
server = socket.create_server(("127.0.0.1", 0))
ours = socket.create_connection(server.getsockname())
theirs = server.accept()[0]
theirs.sendall(b"one\\n")
theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
theirs.close()
sys.exit(subprocess.run(sys.argv[1:], stdin=ours).returncode)`;
  for (const words of [
    ["map", "echo"],
    ["validate", "-"],
  ]) {
    const { code, stderr } = await follow("python3", ["-c", resetAfterOneLine, process.execPath, main, ...words], dir, {}).ended;
    assert.equal(code, 3, stderr);
    assert.match(stderr, /standard input can't be read: .*ECONNRESET/);
  }
});

test("a reader of the JSON that has gone away changes no exit code", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [{ id: "a", command: "sh", args: ["-c", `${untilHolds("test -e gone")}; exit 3`] }]);
  for (const command of ["run job.json --json", "retry job --json"]) {
    await inShell(dir, `rm -f gone; { air-executor ${command}; echo $? > code; } | { exec 0<&-; : > gone; }`);
    assert.equal(readFileSync(join(dir, "code"), "utf8"), "1\n");
  }
});
