/** What `--set` of a sweep says: the values of each param. Complains in the words of the command line. */

import { UsageError } from "./usage-error.js";

/**
 * `shards=1,2,4`, or as JSON what holds commas itself: `names=["a,b","c"]`.
 *
 * @throws UsageError for what is neither.
 */
export function readSweep(texts: readonly string[]): Record<string, (string | number | boolean)[]> {
  const params: Record<string, (string | number | boolean)[]> = {};
  for (const text of texts) {
    const [, name, values] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || values === undefined || values === "")
      throw new UsageError(`--set is "${text}": expected a param and its values, such as shards=1,2,4`);
    if (Object.hasOwn(params, name))
      throw new UsageError(`--set gives ${name} twice: give all its values at once, ${name}=1,2,4`);
    params[name] = values.startsWith("[") ? readList(name, values) : values.split(",");
  }
  return params;
}

function readList(name: string, values: string): (string | number | boolean)[] {
  try {
    const list: unknown = JSON.parse(values);
    if (Array.isArray(list) && list.every((value) => ["string", "number", "boolean"].includes(typeof value))) return list;
  } catch {
    // Said below.
  }
  throw new UsageError(`--set ${name}: expected a JSON list of texts and numbers, such as '["a,b","c"]', got ${values}`);
}
