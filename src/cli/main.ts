/**
 * The command `air-executor`: finds the verb, loads it and nothing else, and turns how it went into an exit code. Started by the shell;
 * imported by nobody.
 */

import { isAbsolute } from "node:path";
import { inherited } from "../system/process/inherited.js";
import { catchCrashes } from "./crashes.js";
import { exitCode, exitCodeOfError } from "./exit-codes.js";
import { surviveLostTerminals } from "./terminal/lost-terminal.js";
import { parse } from "./parser.js";
import { errorJson, errorText } from "./render/error-text.js";
import { Settings } from "./command-line/settings.js";
import { openTerminal, surviveWriteErrors, type Terminal } from "./terminal/terminal.js";
import { currentDirectory } from "../system/look/current-directory.js";
import { explainSystemError } from "./system-error.js";
import { isExpected } from "./command-line/usage-error.js";
import { readManifest } from "./package-root.js";
import { verbs, type Verb } from "./verbs.js";
import { jsonLine } from "./render/json-line.js";

const STOPS: readonly NodeJS.Signals[] = ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"];

catchCrashes();
// Ignored when we were started, and reset by Node.
for (const signal of inherited().ignoredSignals) if (STOPS.includes(signal)) process.on(signal, () => {});
surviveWriteErrors();
surviveLostTerminals();
// Node would open a debugger.
process.on("SIGUSR1", () => {});
void main(process.argv.slice(2), process.env).then((code) => {
  process.exitCode = code;
});

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let terminal = openTerminal({ isColorOff: argv.includes("--no-color"), env });
  let isJson = argv.includes("--json");
  try {
    const raw = argv.some((word) => word.includes("\ufffd"))
      ? (await import("./command-line/raw-arguments.js")).rawArguments(argv)
      : argv;
    const { verb, args, rest, given, request } = await parse(raw);
    if (verb === null || request !== null) {
      terminal.out.write(`${request === "version" ? readManifest().version : await helpText(verb, terminal)}\n`);
      return exitCode.completed;
    }
    const settings = new Settings(given, env);
    if (!isAbsolute(settings.text("dir") ?? "")) currentDirectory();
    isJson = settings.isOn("json");
    terminal = openTerminal({ isColorOff: settings.isOn("no-color"), env });
    if (verb.runsTasks === true) await (await import("../preload.js")).preload();
    const command = await verb.load();
    return await command.execute({ args, rest, verbs, settings, terminal });
  } catch (error) {
    return complain(explainSystemError(error), terminal, isJson);
  }
}

async function helpText(verb: Verb | null, { out }: Terminal): Promise<string> {
  const { overviewHelp, verbHelp } = await import("./render/help.js");
  const columns = Math.min(out.columns(), 110);
  return verb === null ? overviewHelp(verbs, columns) : verbHelp(verb, columns);
}

function complain(error: unknown, terminal: Terminal, isJson: boolean): number {
  if (isJson) terminal.out.write(jsonLine(errorJson(error)));
  terminal.err.write(errorText(error, terminal.err.style));
  return isExpected(error) ? exitCodeOfError(error.code) : exitCode.environment;
}
