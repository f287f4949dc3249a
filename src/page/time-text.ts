/** Where to put marks on an axis of time, and what to write beside them. Pure. */

const MARKS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Marks between two times, at most about `most` of them, with their texts. */
export function timeMarks(from: number, to: number, most: number): { at: number; text: string }[] {
  const wanted = (to - from) / Math.max(1, most);
  const distance = MARKS.find((each) => each >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
  const marks: { at: number; text: string }[] = [];
  const isInSeconds = to >= 1_000;
  for (let at = Math.ceil(from / distance) * distance; at <= to && marks.length < 100; at += distance) {
    marks.push({ at, text: markText(at, distance, isInSeconds) });
  }
  return marks;
}

function markText(ms: number, distance: number, isInSeconds: boolean): string {
  if (ms === 0) return "0";
  if (!isInSeconds) return `${Math.round(ms)} ms`;
  if (distance < 1_000) return `${(ms / 1000).toFixed(distance < 10 ? 3 : distance < 100 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (distance >= 3_600_000) return `${hours} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
