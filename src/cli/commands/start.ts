/**
 * `start`: the manager of a directory, in the background or, with `--foreground`, in this process until a signal comes. The first signal
 * stops it gracefully, the next one at once.
 */

import type { LogLevel } from "../../manager/log.js";
import { startInBackground, tellStarter } from "../../manager/daemon.js";
import { engineLimits } from "../command-line/engine-options.js";
import { surviveCrashes } from "../crashes.js";
import { exitCode } from "../exit-codes.js";
import { formatTime } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { cliPath } from "../package-root.js";
import { watchSignals } from "../signals.js";
import { explainSystemError } from "../system-error.js";
import type { Call } from "../command.js";
import type { Sink } from "../terminal/terminal.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { closeInherited } from "../../system/process/inherited-files.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { settings } = call;
  return settings.isOn("foreground") ? runHere(call) : startThere(call);
}

async function startThere({ settings, terminal }: Call): Promise<number> {
  // Complains here, where somebody reads it.
  engineLimits(settings);
  const dir = directoryFromHere(settings.dir());
  const pid = await startInBackground(dir, [process.execPath, cliPath(), "start", "--foreground", ...givenOptions(settings)]);
  if (settings.isOn("json")) terminal.out.write(jsonLine({ manager: { pid }, dir }));
  else if (!settings.isOn("quiet")) terminal.err.write(`manager ${pid} watches ${printableLine(dir)}\n`);
  return exitCode.completed;
}

/** What was typed goes on; what stands in the environment goes on by itself. */
function givenOptions(settings: Settings): string[] {
  const names = ["dir", "concurrency", "memory", "gpus", "grace-period", "durability"] as const;
  const single = names.flatMap((name) => {
    const value = settings.text(name);
    return value === null ? [] : [`--${name}`, value];
  });
  return [...single, ...settings.list("pool").flatMap((value) => ["--pool", value])];
}

async function runHere({ settings, terminal: { err } }: Call): Promise<number> {
  const isQuiet = settings.isOn("quiet") || process.send !== undefined;
  if (process.send !== undefined) closeInherited();
  let stop = (): void => {};
  const mustStop = new Promise<void>((done) => (stop = done));
  let again = (): void => {};
  let endSurvival = (): void => {};
  const signals = watchSignals((_, count) => (count === 1 ? stop() : again()));
  try {
    // What Node could not load once, for want of handles, it says for ever is not there: so not at the first job.
    await (await import("../../preload.js")).preload();
    const { Manager } = await import("../../manager/manager.js");
    const manager = await Manager.open({
      dir: settings.dir(),
      ...engineLimits(settings),
      graceMs: settings.gracePeriodMs(),
      onReplaced: () => stop(),
      durability: settings.text("durability") === "strict" ? "strict" : "grouped",
      ...(!isQuiet && { onMessage: (level, message) => show(err, level, message) }),
    });
    again = () => void manager.stop();
    endSurvival = surviveCrashes((error) => manager.tellFault(error));
    tellStarter(null);
    await mustStop;
    await manager.stop();
    return exitCode.completed;
  } catch (thrown) {
    const error = explainSystemError(thrown, { place: directoryFromHere(settings.dir()) });
    // Whoever started it in the background hears it from there, and says it.
    if (process.send === undefined) throw error;
    tellStarter(error as Error);
    return exitCode.environment;
  } finally {
    signals.end();
    endSurvival();
  }
}

function show(sink: Sink, level: LogLevel, message: string): void {
  const { style } = sink;
  const paint = level === "error" ? style.bad : level === "warn" ? style.busy : (text: string) => text;
  sink.write(`${style.faint(formatTime(Date.now()))} ${paint(printableLine(message))}\n`);
}
