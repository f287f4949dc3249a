/**
 * Times on disk: ISO 8601 in UTC with milliseconds and `Z`; in code milliseconds since the epoch.
 *
 * We write one form and read what Python programs write: a space for the `T`, any number of decimals, no zone (then UTC), and the
 * `+00:00Z` that comes out when a zone is added twice.
 */

const OUR_FORM = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const OTHER_FORM = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?(?:\s?(Z|[+-]\d\d:?\d\d)Z?)?$/i;

let lastSecond = NaN;
let lastPrefix = "";

/** The same second is asked for many times in a row, so what comes before the milliseconds is kept. */
export function formatTimestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastPrefix = new Date(second * 1000).toISOString().slice(0, -4);
    lastSecond = second;
  }
  const rest = Math.floor(ms) - second * 1000;
  return `${lastPrefix}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
}

/** True for a time in the form that we write. */
export function isOurTimestamp(text: string): boolean {
  return OUR_FORM.test(text);
}

/** Milliseconds since the epoch; null if `text` is no time. */
export function parseTimestamp(text: string): number | null {
  const ms = isOurTimestamp(text) ? Date.parse(text) : parseOther(text);
  return Number.isNaN(ms) ? null : ms;
}

function parseOther(text: string): number {
  const [, date, time, decimals = "", zone = "Z"] = OTHER_FORM.exec(text) ?? [];
  if (date === undefined) return NaN;
  const seconds = time?.length === 5 ? `${time}:00` : time;
  return Date.parse(`${date}T${seconds}.${decimals.slice(0, 3).padEnd(3, "0")}${colon(zone.toUpperCase())}`);
}

function colon(zone: string): string {
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}
