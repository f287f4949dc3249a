/** What a batch remembers of the output that it has shown, where the disk takes only a part of that. */

import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Shown } from "../../../src/cli/map/output/shown.js";
import { temporaryPlace } from "../../support/temporary-directory.js";

test("half a line that a full disk took names no task, and spoils not the next one", async (t) => {
  const { root } = temporaryPlace(t);
  const path = join(root, "shown");
  const reader = { hasAll: () => true, takesAll: () => Promise.resolve(true) };
  const shown = Shown.open(path, true, reader);
  shown.note(7);
  const { writeSync } = fs;
  const half = t.mock.method(fs, "writeSync", (fd: number, bytes: string | Buffer) => writeSync(fd, Buffer.from(bytes), 0, 2));
  syncBuiltinESMExports();
  shown.note(1500);
  half.mock.restore();
  syncBuiltinESMExports();
  shown.note(73);
  await shown.end(false);
  const again = Shown.open(path, false, reader);
  assert.deepEqual(
    [7, 73, 15, 1573].map((number) => again.has(number)),
    [true, true, false, false],
  );
  await again.end(true);
});
