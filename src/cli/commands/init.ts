/** `init`: puts the helper scripts of the guide and an example into the current directory, or another. */

import { exitCode } from "../exit-codes.js";
import { initFiles } from "../init-files.js";
import { printableLine } from "../render/printable.js";
import type { Call } from "../command.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal: { out, err } }: Call): Promise<number> {
  const dir = directoryFromHere(args["DIRECTORY"] ?? ".");
  const { written, kept } = await initFiles(dir);
  if (settings.isOn("json")) {
    out.write(jsonLine({ dir, written, kept }));
  } else if (!settings.isOn("quiet")) {
    for (const file of written) err.write(`wrote ${printableLine(file)}\n`);
    for (const file of kept) err.write(`kept  ${printableLine(file)}: it is there already and differs from ours\n`);
    if (written.length + kept.length === 0) err.write("all of it is there already\n");
    err.write("next: ./start-dev.sh, then ./create_job.sh NAME and ./status.sh\n");
  }
  return exitCode.completed;
}
