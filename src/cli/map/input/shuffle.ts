/**
 * Shuffles rows by a seed. The same seed and the same rows give the same order in every version: what goes on with a map relies on it. For
 * order alone, not for secrets.
 */

/** Changes the list. */
export function shuffle<Item>(items: Item[], seed: string): Item[] {
  const next = makeRandom(seed);
  for (let last = items.length - 1; last > 0; last--) {
    const place = Math.floor((next() / 2 ** 32) * (last + 1));
    [items[last], items[place]] = [items[place]!, items[last]!];
  }
  return items;
}

/** sfc32 by Chris Doty-Humphrey, seeded with FNV-1a of the text. Gives 32 bits at a time. */
function makeRandom(seed: string): () => number {
  let [a, b, c, counter] = [hash(seed, 0), hash(seed, 1), hash(seed, 2), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  return next;
}

function hash(text: string, salt: number): number {
  let value = 0x811c9dc5 ^ salt;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value | 0;
}
