/**
 * The file that Piscina loads in each thread: one call a thread, which lives until the pool closes it.
 *
 * All traffic is in batches over the port that comes with the call, since Piscina's own messages and ours would have no common order,
 * and a promise and two messages an attempt would cost more than the attempt.
 */

import type { Report } from "../domain/ports.js";
import type { WorkerCommand, WorkerMessage, WorkerSetup } from "./messages.js";
import { Worker } from "./worker.js";

export default function serve(setup: WorkerSetup): Promise<void> {
  const { port } = setup;
  let reports: Report[] = [];
  const worker = new Worker(setup, (report) => {
    // One message for all that ended in this turn of the event loop.
    if (reports.length === 0) setImmediate(send);
    reports.push(report);
  });

  function send(): void {
    const message: WorkerMessage = reports;
    reports = [];
    port.postMessage(message);
  }

  return new Promise((resolve, reject) => {
    port.on("message", (command: WorkerCommand) => {
      worker.obey(command).then((isClosed) => {
        if (!isClosed) return;
        port.close();
        resolve();
      }, reject);
    });
  });
}
