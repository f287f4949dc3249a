/** Reads `--halt` as GNU parallel spells it, and `--max-failures`, which is a short form of it. Pure. */

import type { MapHalt } from "../../index.js";
import { UsageError } from "../command-line/usage-error.js";

export interface HaltWish {
  readonly when: MapHalt["when"];
  readonly kind: "failed" | "completed" | "ended";
  readonly amount: number;
  /** True if the amount is a share of all inputs, in percent. */
  readonly isShare: boolean;
}

const KINDS = { fail: "failed", success: "completed", done: "ended" } as const;

/** @throws UsageError for what is neither. */
export function readHalt(halt: string | null, maxFailures: string | null): HaltWish | null {
  if (halt !== null && maxFailures !== null) throw new UsageError("--halt and --max-failures: one of them is enough");
  if (maxFailures !== null) {
    return read(
      `soon,fail=${maxFailures}`,
      `--max-failures is "${maxFailures}": expected a number such as 3, or a share of the inputs such as 10%`,
    );
  }
  if (halt === null || halt === "never") return null;
  const expected =
    "expected now or soon, a comma, and fail=, success= or done= with a number or a share: now,fail=1 or soon,success=10%";
  return read(halt, `--halt is "${halt}": ${expected}`);
}

/** The number at which to stop. @param total how many inputs there are; only asked for a share. */
export function haltAt({ when, kind, amount, isShare }: HaltWish, total: number): MapHalt {
  return { when, [kind]: isShare ? Math.max(1, Math.ceil((amount * total) / 100)) : amount };
}

function read(text: string, complaint: string): HaltWish {
  const [, when, kind, digits, percent] = /^(now|soon),(fail|success|done)=(\d{1,9}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
  const amount = Number(digits);
  const isShare = percent === "%";
  const isSound = isShare ? amount > 0 && amount <= 100 : Number.isSafeInteger(amount) && amount >= 1;
  if (when === undefined || !isSound) throw new UsageError(complaint);
  return { when: when as HaltWish["when"], kind: KINDS[kind as keyof typeof KINDS], amount, isShare };
}
