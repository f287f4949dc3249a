/** Takes the fenced code blocks out of a Markdown text, for tests that execute what the docs say. */

export interface CodeBlock {
  /** Line of the block's first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

/** All blocks that are fenced with three backticks and marked with `language`, in their order, unchanged. */
export function codeBlocks(markdown: string, language: string): CodeBlock[] {
  const fence = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fence)].map((match) => ({
    line: markdown.slice(0, match.index).split("\n").length + 1,
    code: match[1] ?? "",
  }));
}
