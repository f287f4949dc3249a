/** `stop`: ends the manager of a directory gracefully and waits until it is gone. */

import { stopManager } from "../../manager/daemon.js";
import { exitCode } from "../exit-codes.js";
import { printableLine } from "../render/printable.js";
import type { Call } from "../command.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ settings, terminal: { out, err } }: Call): Promise<number> {
  const dir = directoryFromHere(settings.dir());
  const manager = await stopManager(dir);
  if (settings.isOn("json")) out.write(jsonLine({ stopped: manager, dir }));
  else if (!settings.isOn("quiet")) {
    const place = printableLine(dir);
    err.write(manager === null ? `no manager watches ${place}\n` : `manager ${manager.pid} of ${place} has stopped\n`);
  }
  return exitCode.completed;
}
