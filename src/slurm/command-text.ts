/**
 * Attempts in the words of a runner on a node. As hand-over.ts of the local runner, but that nothing is looked up here: the node has programs, paths
 * and a PATH of its own. Pure; one a slot, since a runner remembers what the tasks of a job have in common.
 */

import { bytesOf } from "../domain/byte-text.js";
import type { Descriptor } from "../domain/ports.js";
import { fillInFiles } from "../workers/thread/fill-in-files.js";
import { HandOverText } from "../workers/runner/hand-over.js";

const AS_IT_IS = { find: (command: string) => ({ file: command }), forget: () => {} };

export class CommandText {
  readonly #text = new HandOverText();

  /** @param attempts with the keys by which the slot shall know them. */
  write(attempts: readonly Descriptor[]): Uint8Array {
    const handOver = { type: "start", claim: "", width: 1, ...this.#text.write(attempts) } as const;
    const none = (): void => {};
    return fillInFiles(handOver, AS_IT_IS, () => false, none);
  }
}

/** What waits in the slot is not to begin. */
export const dropCommand = bytesOf("q\0");

export function stopCommand(wireKey: number, graceMs: number): Uint8Array {
  return bytesOf(`s\0${wireKey}\0${Math.round(graceMs)}\0`);
}
