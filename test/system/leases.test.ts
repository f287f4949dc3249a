import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lookToAppend } from "../../src/system/read/open-file.js";
import { temporaryPlace } from "../support/temporary-directory.js";

/** A file server, of which a client has the file open. It is asked by a signal to give the lease up. */
const HOLDER = `
import fcntl, os, signal, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
def asked(*_):
    if sys.argv[2] == "polite": os.close(fd)
signal.signal(signal.SIGIO, asked)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
print("held", flush=True)
end = time.time() + 60
while time.time() < end: time.sleep(1)
`;
const isHere = process.platform === "linux" && spawnSync("python3", ["--version"]).status === 0;
const skip = isHere ? false : "leases are Linux's, and python3 holds them";

async function leased(t: TestContext, manners: "polite" | "deaf"): Promise<string> {
  const path = join(temporaryPlace(t).root, "file");
  writeFileSync(path, "");
  const holder = spawn("python3", ["-c", HOLDER, path, manners], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  return path;
}

test("a file that a file server has leased is opened when it gives the lease up", { skip }, async (t) => {
  // A busy machine may have the holder answer late.
  let isOpened = false;
  for (let round = 0; round < 10 && !isOpened; round++) isOpened = lookToAppend(await leased(t, "polite")).answer === "yes";
  assert.ok(isOpened);
});

test("a lease that is not given up is named, and not waited for", { skip }, async (t) => {
  const look = lookToAppend(await leased(t, "deaf"));
  assert.match(
    look.answer === "unknown" ? String(look.why) : look.answer,
    /EAGAIN: another program, such as a file server, has a lease/,
  );
});
