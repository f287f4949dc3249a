/**
 * Digits for names that must differ and are no secret. Not of node:crypto: loading that takes every start three milliseconds.
 */

/** @param count at most 12 hexadecimal digits */
export function randomDigits(count: number): string {
  return Math.floor(Math.random() * 16 ** count)
    .toString(16)
    .padStart(count, "0");
}
