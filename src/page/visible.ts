/** Names as they can be shown. Pure. */

/** Characters that can't be seen and turn the direction of text around, or break its line, are shown as what they are: something odd. */
export function visible(name: string): string {
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, "\ufffd");
}
