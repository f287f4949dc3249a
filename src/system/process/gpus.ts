/**
 * Which GPUs the machine has, by the numbers that CUDA and HIP know them by: asked of the drivers' own programs, and within what this
 * process may use itself (a batch system hands out devices by CUDA_VISIBLE_DEVICES). Uses none and reserves none.
 */

import { execFile } from "node:child_process";

/** A driver in trouble may never answer. */
const ANSWER_MS = 10_000;
const VARIABLES = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"] as const;

let asked: Promise<readonly number[]> | null = null;

/** Asks once: devices do not come and go. None if there is no such program, or if it fails. */
export function findGpus(): Promise<readonly number[]> {
  asked ??= askPrograms();
  return asked;
}

/** Those of them, or of any number that a user says there are, that this process may use. */
export function usableGpus(all: readonly number[], env: NodeJS.ProcessEnv = process.env): readonly number[] {
  for (const name of VARIABLES) {
    const visible = env[name];
    if (visible === undefined) continue;
    const numbers = visible.split(",").map((text) => (/^\d+$/.test(text.trim()) ? Number(text) : -1));
    return all.filter((gpu) => numbers.includes(gpu));
  }
  return all;
}

async function askPrograms(): Promise<readonly number[]> {
  const nvidia = await said("nvidia-smi", ["--query-gpu=index", "--format=csv,noheader"]);
  const found = nvidia.split("\n").flatMap((line) => (/^\s*\d+\s*$/.test(line) ? [Number(line)] : []));
  if (found.length > 0) return found;
  const amd = await said("rocm-smi", ["--showid", "--json"]);
  return cardsOf(amd);
}

/** `{"card0": {…}, "card1": {…}}` */
function cardsOf(json: string): number[] {
  try {
    const cards = Object.keys(JSON.parse(json) as object).flatMap((key) => /^card(\d+)$/.exec(key)?.[1] ?? []);
    return cards.map(Number).toSorted((a, b) => a - b);
  } catch {
    return [];
  }
}

/** What a program printed; nothing if it is not there, fails or takes too long. */
function said(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: ANSWER_MS, killSignal: "SIGKILL" }, (error, stdout) =>
      resolve(error === null ? stdout : ""),
    );
  });
}
