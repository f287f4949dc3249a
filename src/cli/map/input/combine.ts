/**
 * Puts several lists of inputs together: each row of one with each row of the others, or row by row where lists are linked. The first list
 * is read as it comes, and the others are held in memory, as long as they are. The last list changes fastest.
 */

import type { Row, Rows } from "./rows.js";

export interface LinkedRows {
  readonly rows: Rows;
  /** True if it goes row by row with the list before it; the shorter one of the two ends both. */
  readonly isLinked: boolean;
}

/** @param lists at least one. */
export async function* combine(lists: readonly LinkedRows[]): AsyncGenerator<readonly Row[]> {
  const [first, ...others] = linkedGroups(lists);
  if (first === undefined) return;
  if (others.length === 0) return yield* first;
  const held: Row[][] = [];
  for (const rows of others) held.push(await collect(rows));
  if (held.some(({ length }) => length === 0)) return;
  // In blocks that don't grow with the product.
  for await (const block of first) for (const row of block) yield* products(row, held);
}

export async function collect(rows: Rows): Promise<Row[]> {
  const all: Row[] = [];
  for await (const block of rows) for (const row of block) all.push(row);
  return all;
}

function linkedGroups(lists: readonly LinkedRows[]): Rows[] {
  const groups: Rows[] = [];
  for (const { rows, isLinked } of lists) {
    const before = isLinked ? groups.pop() : undefined;
    groups.push(before === undefined ? rows : link(before, rows));
  }
  return groups;
}

async function* link(left: Rows, right: Rows): AsyncGenerator<readonly Row[]> {
  const [ours, theirs] = [oneByOne(left), oneByOne(right)];
  try {
    for await (const row of ours) {
      const other = await theirs.next();
      if (other.done === true) return;
      yield [[...row, ...other.value]];
    }
  } finally {
    await theirs.return(undefined);
  }
}

async function* oneByOne(rows: Rows): AsyncGenerator<Row, undefined> {
  for await (const block of rows) yield* block;
}

/** A block for each row of the first of the lists. */
function* products(row: Row, lists: readonly (readonly Row[])[]): Generator<readonly Row[]> {
  const [list, ...rest] = lists;
  if (list === undefined) return;
  if (rest.length === 0) yield list.map((other) => [...row, ...other]);
  else for (const other of list) yield* products([...row, ...other], rest);
}
