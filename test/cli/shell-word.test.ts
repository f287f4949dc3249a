import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { bytesOf } from "../../src/internal.js";
import { printableLine } from "../../src/cli/render/printable.js";
import { onOneLine, quoteForShell } from "../../src/cli/shell-word.js";
import { shellText } from "../../src/cli/map/shell-quote.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";

const PARTS = [
  "a",
  " ",
  "'",
  "\\",
  "\n",
  "\t",
  "\r",
  "\x1b[31m",
  "\x07",
  "$x",
  "`",
  "!",
  "é",
  "\u202e",
  "\udcff",
  "\x7f",
  "9",
  '"',
  "-",
];

/** What bash makes of words: their bytes, each ended by NUL. */
function readByBash(text: string): string {
  const { stdout } = spawnSync("bash", ["-c", `printf '%s\\0' ${text}`], { env: { PATH: process.env["PATH"], LC_ALL: "C" } });
  return stdout.toString("hex");
}

test("a word that is shown can be pasted into a shell, whatever is in it, and stays on its line", (t) => {
  const seed = takeSeed();
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 300 }, () =>
    Array.from({ length: random.between(0, 8) }, () => random.pick(PARTS)).join(""),
  );
  const bytes = Buffer.concat(words.flatMap((word) => [bytesOf(word), Buffer.of(0)])).toString("hex");
  const shown = words.map(quoteForShell).join(" ");
  assert.equal(printableLine(shown), shown);
  assert.ok(shown.isWellFormed());
  assert.equal(readByBash(shown), bytes);
  const again = onOneLine(shellText(words));
  assert.equal(printableLine(again), again);
  assert.equal(readByBash(again), bytes);
});
