/** Standard input as a stream of bytes, whatever it is: Node gives an empty one for what it doesn't know, such as a directory or a block device. */

import { createReadStream, ReadStream } from "node:fs";
import { Socket } from "node:net";

export function standardInput(): AsyncIterable<Buffer> {
  const { stdin }: { stdin: unknown } = process;
  return stdin instanceof Socket || stdin instanceof ReadStream ? stdin : createReadStream("", { fd: 0, autoClose: false });
}
