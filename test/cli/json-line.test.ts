import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLine } from "../../src/cli/render/json-line.js";
import { fc } from "../support/properties.js";
import { makePlayground } from "./support/cli.js";

/** C0 but the line's end, DEL, C1, and what turns the direction of text around. */
const STEERING = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

test("what steers a terminal is escaped, and JSON reads it back as it was", () => {
  const text = fc.array(fc.constantFrom("a", "\x1b", "\x7f", "\x9b", "\x9d", "\u202e", "\u2066", "\\", '"', "ü", "😀"));
  fc.assert(
    fc.property(text, (parts) => {
      const value = { [parts.join("")]: parts };
      const line = jsonLine(value);
      assert.doesNotMatch(line, STEERING);
      assert.deepEqual(JSON.parse(line), value);
    }),
  );
});

test("no verb shows what steers a terminal, in JSON neither", async (t) => {
  const { write, run } = makePlayground(t);
  const id = "a\x9b31m\u202eb";
  write("job.json", JSON.stringify({ name: "job", tasks: [{ id, command: "no\x9dsuch\u2066", note: "\x85" }] }));
  const verbs = ["validate job.json", "run job.json", "status", "status job", "why job", "graph job", "watch job", "retry job"];
  for (const verb of [...verbs, "logs job", "cancel job", "add job.json job.json", "rm job"]) {
    const { stdout, stderr } = await run([...verb.split(" "), "--json"]);
    assert.doesNotMatch(stdout + stderr, STEERING, verb);
  }
});
