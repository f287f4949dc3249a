/** Reads the result of an earlier bench back, as somebody else may have written it. */

import { AirError } from "../domain/errors.js";
import { readRegularFile } from "../system/read/regular-file.js";
import { RESULT_FORMAT, RESULT_VERSION, type BenchResult } from "./result.js";

const MOST_BYTES = 512 * 1024 * 1024;

/**
 * @throws AirError `AIR_NOT_FOUND`, `AIR_USAGE` for a file that is no result of a bench, or one of another version.
 */
export function readBenchResult(path: string): BenchResult {
  const text = readRegularFile(path, { maxBytes: MOST_BYTES, expected: "the result of a bench", followsLinks: true }).toString(
    "utf8",
  );
  const value = parse(text);
  if (!isObject(value) || value["format"] !== RESULT_FORMAT)
    throw new AirError(
      "AIR_USAGE",
      `${path} is no result of a bench: expected what bench --json prints, or the result.json that it leaves`,
    );
  if (value["version"] !== RESULT_VERSION) {
    const version = JSON.stringify(value["version"]) ?? "nothing";
    throw new AirError(
      "AIR_USAGE",
      `${path} has version ${version}, expected ${RESULT_VERSION}: measure it anew, or use the air-executor that wrote it`,
    );
  }
  if (!isWhole(value)) throw new AirError("AIR_USAGE", `${path} is not whole: its runs and points are not those of a bench`);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** As far as it is looked at: whoever edits figures gets what he edited. */
function isWhole(value: Record<string, unknown>): value is Record<string, unknown> & BenchResult {
  const { runs, points, plan, machine, warnings, scaling, name, id } = value;
  return (
    [name, id, value["created_at"]].every((each) => typeof each === "string") &&
    isObject(plan) &&
    isObject(plan["params"]) &&
    Array.isArray(plan["concurrency"]) &&
    isObject(machine) &&
    Array.isArray(warnings) &&
    Array.isArray(scaling) &&
    Array.isArray(points) &&
    points.every((point) => isObject(point) && typeof point["concurrency"] === "number" && isObject(point["params"])) &&
    Array.isArray(runs) &&
    runs.every(
      (run) => isObject(run) && typeof run["point"] === "number" && run["point"] in points && isRunFigures(run["figures"]),
    )
  );
}

function isRunFigures(figures: unknown): boolean {
  return (
    figures === null ||
    (isObject(figures) && typeof figures["wall_ms"] === "number" && isObject(figures["path"]) && isObject(figures["slots"]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
