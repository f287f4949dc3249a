/** `validate FILE`: says every fault of a job file at once, or what a run of it would be. Runs and writes nothing. */

import { readJobFile, type CheckOptions } from "../../index.js";
import type { Call } from "../command.js";
import { engineLimits } from "../command-line/engine-options.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { ownNameOf } from "../job-source.js";
import { errorText } from "../render/error-text.js";
import { formatDependencies, formatTasks } from "../render/figures.js";
import { matricesOf, matrixText } from "../render/matrix-text.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { isExpected } from "../command-line/usage-error.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { FILE: file = "" } = args;
  const { out, err } = terminal;
  const isJson = settings.isOn("json");
  try {
    const job = await readJobFile(file, { pools: anyMachine(settings), ...fileWishes(settings, terminal) });
    const name = ownNameOf(job, file);
    const dependencies = job.tasks.reduce((sum, task) => sum + task.dependencies.length, 0);
    const size = `${formatTasks(job.tasks.length)}, ${formatDependencies(dependencies)}`;
    const matrices = matricesOf(job.tasks);
    const facts = { file, valid: true, name, tasks: job.tasks.length, dependencies, matrices, faults: [] };
    out.write(
      isJson
        ? jsonLine(facts)
        : `${printableLine(file)} is valid: ${name === null ? "a job that needs --name" : `job ${printableLine(name)}`}, ${size}\n${matrixText(matrices)}`,
    );
    return exitCode.completed;
  } catch (error) {
    if (!isExpected(error) || error.code !== "AIR_INVALID_JOB") throw error;
    if (isJson)
      out.write(
        jsonLine({ file, valid: false, name: null, tasks: null, dependencies: null, matrices: [], faults: error.faults }),
      );
    err.write(errorText(error, err.style));
    return exitCode.invalid;
  }
}

/** The machine that will run it may be a large one; which pools there are besides, only the user knows. */
function anyMachine(settings: Settings): NonNullable<CheckOptions["pools"]> {
  const { pools = {} } = engineLimits(settings);
  const any = ["cpu", "memory", "gpu"].map((pool) => [pool, Infinity] as const);
  const sizes = new Map([...any, ...Object.entries(pools).map(([pool, amount]) => [pool, Number(amount)] as const)]);
  return async () => sizes;
}
