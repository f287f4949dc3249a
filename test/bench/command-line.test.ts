import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { quoteCommand, showCommand } from "../../bench/command-line.js";
import { repository } from "../../bench/toolbox.js";

test("sh reads a quoted command as the words that it was made of", () => {
  const words = ["plain", "", "two words", "it's", "$HOME", "a\\b", "*", '"', "new\nline", "~", "#", "a=b"];
  const output = execFileSync("sh", ["-c", quoteCommand(["printf", "%s\\0", ...words])], { encoding: "utf8" });
  assert.deepEqual(output.split("\0").slice(0, -1), words);
});

test("plain words stay unquoted, so that make starts them without a shell", () => {
  assert.equal(quoteCommand(["/bin/sleep", "0.25", "--a=b"]), "/bin/sleep 0.25 --a=b");
});

test("a command is shown without the place where the repository lies", () => {
  assert.equal(showCommand(["node", join(repository, "dist", "x.js"), "a b"]), "node dist/x.js 'a b'");
  // Also within a script.
  assert.equal(showCommand(["sh", "-c", `node ${join(repository, "dist", "x.js")} > out`]), "sh -c 'node dist/x.js > out'");
});
