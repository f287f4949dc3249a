/**
 * Puts what ran into rows in which nothing overlaps, for a picture: the lowest row that is free. Which slot of the engine an attempt had
 * is nobody's business afterwards; there are never more rows than ran at once. Pure.
 */

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The row of each, from 0. */
export function displaySlots(stretches: readonly Stretch[]): number[] {
  const rows = Array.from(stretches, () => 0);
  const order = [...stretches.keys()].sort((a, b) => stretches[a]!.from - stretches[b]!.from || a - b);
  /** When each row is free again, and rows that are free now. */
  const busy: { row: number; to: number }[] = [];
  const free: number[] = [];
  let count = 0;
  for (const index of order) {
    const { from, to } = stretches[index]!;
    for (let place = busy.length - 1; place >= 0 && busy[place]!.to <= from; place--) free.push(busy.pop()!.row);
    const row = free.length === 0 ? count++ : takeLeast(free);
    rows[index] = row;
    insert(busy, { row, to: Math.max(from, to) });
  }
  return rows;
}

function takeLeast(rows: number[]): number {
  const place = rows.indexOf(Math.min(...rows));
  return rows.splice(place, 1)[0]!;
}

/** The one that ends first comes last. */
function insert(busy: { row: number; to: number }[], entry: { row: number; to: number }): void {
  let [low, high] = [0, busy.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (busy[middle]!.to > entry.to) low = middle + 1;
    else high = middle;
  }
  busy.splice(low, 0, entry);
}
