/** A canvas as sharp as the screen, as wide as its place. */

export interface Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** Makes it that large, in pixels of the page, and clears it. */
  clear(width: number, height: number): CanvasRenderingContext2D;
}

export function makeSurface(label: string): Surface {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  const context = canvas.getContext("2d")!;
  return {
    canvas,
    context,
    clear: (width, height) => {
      const ratio = window.devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        canvas.style.height = `${height}px`;
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
      return context;
    },
  };
}
