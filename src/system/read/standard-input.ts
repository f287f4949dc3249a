/**
 * Standard input as a stream of bytes, whatever it is: Node gives an empty one for what it doesn't know, such as a directory or a block
 * device, and takes a connection that was broken off for one that has ended if its last bytes came with that.
 */

import { createReadStream, ReadStream, readSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";

export function standardInput(): AsyncIterable<Buffer> {
  const { stdin }: { stdin: unknown } = process;
  if (stdin instanceof Socket) return toItsEnd(stdin);
  return stdin instanceof ReadStream ? stdin : createReadStream("", { fd: 0, autoClose: false });
}

async function* toItsEnd(socket: Socket): AsyncGenerator<Buffer> {
  yield* socket as AsyncIterable<Buffer>;
  // What broke it off is still to be read: at a true end there is nothing, and a terminal may ask for more.
  if (!isatty(0)) readSync(0, Buffer.alloc(1));
}
