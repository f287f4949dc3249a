/**
 * Hashes of ids: for those too long to be file names, and for those that a map remembers. Most jobs need none, and node:crypto takes three
 * milliseconds to load: so the first that does loads it.
 */

export function hash(algorithm: "sha1" | "sha256", text: string): Buffer {
  return process.getBuiltinModule("node:crypto").createHash(algorithm).update(text).digest();
}
