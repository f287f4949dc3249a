/** What is read of a list of inputs: rows of columns, in blocks as they come. */

/** One input: a value, or its columns. */
export type Row = readonly string[];

export type Rows = AsyncIterable<readonly Row[]>;
