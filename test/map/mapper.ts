/**
 * A program that maps numbers, to be killed and started again: says each result, and its own end, as a JSON line.
 *
 *     node mapper.js DIR COUNT WITNESS GATE
 *
 * Each task says in the witness when it begins and ends; every fourth one waits for the gate in between.
 */

import { AirExecutor } from "air-executor";
import { witnessed } from "../support/witness.js";

const [dir = "", count = "", witness = "", gate = ""] = process.argv.slice(2);
const executor = await AirExecutor.open({ dir, concurrency: 4 });
const inputs = Array.from({ length: Number(count) }, (_, input) => input);
const middle = (input: number): string => (input % 4 === 3 ? `while ! test -e ${gate}; do sleep 0.01; done` : "true");
for await (const { input, status, attempts } of executor.map(inputs, (number) => witnessed(witness, middle(number)), {
  name: "m",
  window: 16,
})) {
  process.stdout.write(`${JSON.stringify({ input, status, attempts })}\n`);
}
await executor.close();
