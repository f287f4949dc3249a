/** Some programs begin a text with a mark that says it is UTF-8. It is none of the text. Pure. */

export function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, "");
}
