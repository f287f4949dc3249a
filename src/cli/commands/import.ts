/** `import SOURCE [TARGET…]`: a Makefile, a list of commands or WfFormat as a job file on stdout. Runs and writes nothing else. */

import { basename } from "node:path";
import { AirError, checkJobName } from "../../index.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { readCommandList } from "../import/command-list.js";
import { jobFileText, type ImportedJob, type ImportFault } from "../import/imported-job.js";
import { importMakefile } from "../import/run-make.js";
import { isWfFormat, readWfFormat } from "../import/wf-format.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { openBytes } from "../map/input/open-bytes.js";
import { UsageError } from "../command-line/usage-error.js";

type Kind = "make" | "commands" | "wfformat";

export async function execute({ args, rest, settings, terminal: { out, err } }: Call): Promise<number> {
  const { SOURCE: source = "", TARGET: target } = args;
  const targets = [...(target === undefined ? [] : [target]), ...rest];
  const text = await readSource(source);
  const kind = (settings.text("kind") as Kind | null) ?? guess(source, text);
  if (kind !== "make" && targets.length > 0) throw new UsageError(`targets are for a Makefile, and ${source} is read as ${kind}`);
  const { job, faults } = read(kind, source, text, { targets, isSleep: settings.isOn("sleep") });
  if (faults.length > 0) throw new AirError("AIR_INVALID_JOB", `${source} can't be imported as it is`, { faults });
  if (job.tasks.length === 0) throw new AirError("AIR_INVALID_JOB", `there is nothing to run in ${source}`);
  out.write(jobFileText({ ...job, name: job.name !== null && checkJobName(job.name) === null ? job.name : null }));
  if (!settings.isOn("quiet")) err.write(`${printableLine(source)}: ${formatTasks(job.tasks.length)}\n`);
  return exitCode.completed;
}

function read(
  kind: Kind,
  source: string,
  text: string,
  { targets, isSleep }: { readonly targets: readonly string[]; readonly isSleep: boolean },
): { readonly job: ImportedJob; readonly faults: readonly ImportFault[] } {
  if (kind === "commands") return { job: readCommandList(text), faults: [] };
  if (kind === "make") {
    if (source === "-") throw new UsageError("make reads its file by its name: give one");
    const { failure, ...made } = importMakefile(source, targets);
    if (failure !== null) throw new AirError("AIR_INVALID_JOB", `make does not take ${source}: ${failure}`);
    return made;
  }
  const value = parse(text);
  if (!isWfFormat(value))
    throw new AirError("AIR_INVALID_JOB", `${source} is not WfFormat: expected a JSON object with the key workflow`);
  return readWfFormat(value, isSleep);
}

async function readSource(source: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const bytes of await openBytes(source)) chunks.push(bytes);
  return Buffer.concat(chunks).toString("utf8");
}

function guess(source: string, text: string): Kind {
  if (/^(?:GNU)?makefile(?:\..*)?$|\.mk$/i.test(basename(source))) return "make";
  return /^\s*\{/.test(text) && isWfFormat(parse(text)) ? "wfformat" : "commands";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
