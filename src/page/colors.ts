/**
 * The colours, for light and dark: those of groups can be told apart with any kind of colour blindness, and nothing is said by colour alone
 * (failures are hatched, the critical path is underlined). Changes with the system's setting while the page is open.
 */

export interface Colors {
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly grid: string;
  readonly raised: string;
  readonly accent: string;
  readonly bad: string;
  readonly groups: readonly string[];
}

const GROUPS = {
  light: ["#4477aa", "#44aa99", "#c9a227", "#aa4499", "#7a8b2f", "#66b7dd", "#8c6d4f"],
  dark: ["#6fa3d8", "#5fc9b5", "#e0c055", "#d07cc0", "#a9bb5a", "#8fd3f4", "#c09c7a"],
};

const dark = matchMedia("(prefers-color-scheme: dark)");

export function colors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: value("ink"),
    soft: value("soft"),
    faint: value("faint"),
    line: value("line"),
    grid: value("grid"),
    raised: value("raised"),
    accent: value("accent"),
    bad: value("bad"),
    groups: dark.matches ? GROUPS.dark : GROUPS.light,
  };
}

export function onColorsChange(listener: () => void): void {
  dark.addEventListener("change", listener);
}

export function groupColor({ groups }: Colors, group: number): string {
  return groups[group % groups.length]!;
}
