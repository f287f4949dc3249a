/**
 * Ids for a page, each by what it has not in common with the one before. Where even that would make the page too large, which takes
 * thousands of very long ids that have nothing in common, they are shortened. Pure.
 */

/** Characters of all ids together, in a page of at most 2 MB. */
const MOST_CHARACTERS = 600_000;
const ENDS = 12;

export interface PackedIds {
  readonly shared: number[];
  readonly rest: string[];
}

export function packIds(ids: readonly string[]): PackedIds {
  const packed = pack(ids);
  const size = packed.rest.reduce((sum, rest) => sum + Buffer.byteLength(rest), 0);
  if (size <= MOST_CHARACTERS) return packed;
  const room = Math.max(2 * ENDS + 1, Math.floor(MOST_CHARACTERS / ids.length));
  return pack(ids.map((id) => shorten(id, room)));
}

function pack(ids: readonly string[]): PackedIds {
  const shared: number[] = [];
  const rest: string[] = [];
  let before = "";
  for (const id of ids) {
    let length = 0;
    while (length < id.length && id[length] === before[length]) length += 1;
    // Half a character says nothing.
    if (/[\ud800-\udbff]/.test(id[length - 1] ?? "")) length -= 1;
    shared.push(length);
    rest.push(id.slice(length));
    before = id;
  }
  return { shared, rest };
}

/** The beginning and the end of an id say the most. */
function shorten(id: string, bytes: number): string {
  if (Buffer.byteLength(id) <= bytes) return id;
  const characters = Array.from(id);
  return `${characters.slice(0, ENDS).join("")}…${characters.slice(-ENDS).join("")}`;
}
