/** Cuts a stream of bytes at a delimiter, and holds no more of it than one chunk and one item. Used for lists of inputs. */

import { AirError } from "../../../index.js";

/** Far beyond what an argument can be (128 KiB on Linux): a stream without delimiters must not fill the memory. */
const LONGEST_ITEM = 4 * 1024 * 1024;

/**
 * The items of each chunk, without the delimiter. What follows the last delimiter is an item if it is not empty.
 *
 * @param place for messages.
 * @throws AirError `AIR_INVALID_JOB` for an item without end.
 */
export async function* splitBytes(
  chunks: AsyncIterable<Buffer>,
  delimiter: Buffer,
  place: string,
): AsyncGenerator<readonly Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  let count = 0;
  for await (const chunk of chunks) {
    // A delimiter of several bytes may be cut in two.
    const from = Math.max(0, rest.length - delimiter.length + 1);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const items: Buffer[] = [];
    let begin = 0;
    for (let end = bytes.indexOf(delimiter, from); end !== -1; end = bytes.indexOf(delimiter, begin)) {
      items.push(bytes.subarray(begin, end));
      begin = end + delimiter.length;
    }
    rest = bytes.subarray(begin);
    count += items.length;
    if (items.length > 0) yield items;
    if (rest.length > LONGEST_ITEM) throw tooLong(place, count + 1);
  }
  if (rest.length > 0) yield [rest];
}

function tooLong(place: string, number: number): AirError {
  const limit = `${LONGEST_ITEM / 1024 / 1024} MiB`;
  return new AirError(
    "AIR_INVALID_JOB",
    `input ${number} of ${place} is longer than ${limit}, and no program takes such an argument: ` +
      "is another --delimiter meant, or --pipe, which gives data to tasks as their standard input?",
  );
}
