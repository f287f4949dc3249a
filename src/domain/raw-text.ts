/**
 * Bytes as text, without loss: what programs are given (arguments, paths, values of variables) are bytes, which need not be UTF-8, and
 * all we keep and write down is text.
 *
 * A byte that is no part of UTF-8 is the lone surrogate U+DC80 to U+DCFF, 0xDC00 + the byte, as in Python (PEP 383, "surrogateescape"):
 * no text has one, so the way back is unambiguous. JSON shows it as `\udcff`, and Python's `json` and `os.fsencode` give the byte back.
 * Pure. Other lone surrogates are nobody's bytes.
 */

const FIRST_LONE = 0xdc80;
const LAST_LONE = 0xdcff;
const TO_BYTE = 0xdc00;
const SURROGATE = /\p{Surrogate}/u;

/** Any bytes as text. */
export function textOfBytes(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  // U+FFFD stands where the bytes were none, or really stood there.
  return text.includes("\ufffd") ? decode(bytes) : text;
}

/** The bytes of a text made by `textOfBytes`, or of any other. */
export function bytesOfText(text: string): Buffer {
  if (!SURROGATE.test(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  let begin = 0;
  for (let place = 0; place < text.length; place++) {
    if (!isByte(text, place)) continue;
    parts.push(Buffer.from(text.slice(begin, place)), Buffer.of(text.charCodeAt(place) - TO_BYTE));
    begin = place + 1;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(begin))]);
}

/** True if the text holds half of a surrogate pair that stands for no byte: then nothing can be made of it. */
export function isBroken(text: string): boolean {
  return SURROGATE.test(text) && SURROGATE.test(showBytes(text));
}

/** The text with each byte that is no part of a character as `\xff`: for people. */
export function showBytes(text: string): string {
  if (!SURROGATE.test(text)) return text;
  return text.replaceAll(/[\udc80-\udcff]/gu, (lone) => `\\x${(lone.charCodeAt(0) - TO_BYTE).toString(16)}`);
}

function isByte(text: string, place: number): boolean {
  const unit = text.charCodeAt(place);
  if (unit < FIRST_LONE || unit > LAST_LONE) return false;
  const before = place === 0 ? 0 : text.charCodeAt(place - 1);
  return before < 0xd800 || before > 0xdbff;
}

function decode(bytes: Buffer): string {
  let text = "";
  for (let begin = 0; begin < bytes.length;) {
    const bad = findBad(bytes, begin);
    text += bytes.toString("utf8", begin, bad);
    if (bad < bytes.length) text += String.fromCharCode(TO_BYTE + bytes[bad]!);
    begin = bad + 1;
  }
  return text;
}

/** The place of the first byte from `begin` on that is no part of a character; the length if there is none. */
function findBad(bytes: Buffer, begin: number): number {
  let place = begin;
  while (place < bytes.length) {
    const length = lengthOfCharacter(bytes, place);
    if (length === 0) return place;
    place += length;
  }
  return place;
}

/** How many bytes the character at a place has; 0 if there is none. Neither overlong forms nor surrogates are characters. */
function lengthOfCharacter(bytes: Buffer, place: number): number {
  const first = bytes[place]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[place + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = place + 2; next < place + length; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
