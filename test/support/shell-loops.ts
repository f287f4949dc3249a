/**
 * Loops of shell scripts in tests: all of them end, since a test may be cut short, and what it started lives on then. test/tidy.test.ts sees
 * to it that no script has a loop of its own that waits.
 */

/** No test waits as long. */
const LIMIT_S = 60;

/** Waits until the condition holds: `untilHolds("test -e go")`. Goes on in any case after a minute. */
export function untilHolds(condition: string, everyS = 0.02): string {
  return `for _ in $(seq ${Math.round(LIMIT_S / everyS)}); do ${condition} && break; sleep ${everyS}; done`;
}

/** Does nothing, or `work` again and again, for a minute. */
export function linger(everyS = 0.02, work = ""): string {
  return `for _ in $(seq ${Math.round(LIMIT_S / everyS)}); do ${work === "" ? "" : `${work}; `}sleep ${everyS}; done`;
}
