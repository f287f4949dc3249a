/**
 * The file that Piscina loads in its thread: one call, which lives until the runner is closed.
 *
 * All traffic is in batches over the port that comes with the call, since Piscina's own messages and ours would have no common order,
 * and a promise and two messages an attempt would cost more than the attempt.
 */

import type { ThreadCommand, ThreadNews, ThreadSetup } from "./runner/messages.js";
import { RunnerThread } from "./thread/thread.js";

export default function serve(setup: ThreadSetup): Promise<void> {
  const { port } = setup;
  const thread = new RunnerThread(setup);
  const word: ThreadNews = { type: "up" };
  port.postMessage(word);
  return new Promise((resolve, reject) => {
    port.on("message", (command: ThreadCommand) => {
      thread.obey(command).then((isClosed) => {
        if (!isClosed) return;
        port.close();
        resolve();
      }, reject);
    });
  });
}
