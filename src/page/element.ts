/** Makes elements. Text is always text: nothing that comes from a job is ever read as markup, and no attribute is made of it but labels. */

const SVG = "http://www.w3.org/2000/svg";

export type Child = Node | string | null | undefined;
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** In a text of another direction a name would drag its neighbours along. */
export function nameText(name: string): HTMLElement {
  return element("bdi", {}, name);
}

function fill<Made extends Element>(made: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [key, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(key, String(value));
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}
