/**
 * Bytes as text, also those that are no UTF-8: file names, arguments and environments are bytes to the system and text to us.
 *
 * What is UTF-8 is the text that it says. A byte that belongs to none becomes the lone surrogate U+DC80 to U+DCFF of its value, as in
 * Python's `surrogateescape`: JSON writes it as `\udcff`, people can see it, and it turns back into that very byte.
 */

const LOSSY = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();
const ESCAPE = 0xdc00;
/** The longest form that UTF-8 has. */
const MOST_BYTES = 4;

/** The bytes of a text. A surrogate that is none of ours becomes U+FFFD. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return ENCODER.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) bytes.push(code - ESCAPE);
    else bytes.push(...ENCODER.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** The text of bytes: `bytesOf` gives them back. */
export function textOf(bytes: Uint8Array): string {
  const text = LOSSY.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  let escaped = "";
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    escaped += length === 0 ? String.fromCharCode(ESCAPE + bytes[at]!) : LOSSY.decode(bytes.subarray(at, at + length));
    at += length || 1;
  }
  return escaped;
}

/** How many bytes the character has that begins there; 0 if none does. */
function characterAt(bytes: Uint8Array, at: number): number {
  if (bytes[at]! < 0x80) return 1;
  for (let length = 2; length <= MOST_BYTES; length++) {
    try {
      STRICT.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // Not so many.
    }
  }
  return 0;
}
