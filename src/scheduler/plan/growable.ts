/**
 * Typed arrays that grow: the columns in which the scheduler keeps what it knows of a million tasks.
 *
 * Never shrinks, and never touches an array that is long enough.
 */

type Column = Int32Array | Uint8Array | Float64Array;

/** The array itself if it has room for `length` values, else a longer copy of it; new values are 0. */
export function grown<Array extends Column>(array: Array, length: number): Array {
  if (length <= array.length) {
    return array;
  }
  const Type = array.constructor as new (length: number) => Array;
  // Half as much again, so that a job that grows by one task at a time is copied seldom; exactly as much on the first filling.
  const longer = new Type(Math.max(length, Math.ceil(array.length * 1.5)));
  longer.set(array);
  return longer;
}
