/** Numbers and times as people read them. */

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `12 tasks`, `1 task`. */
export function formatTasks(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "task" : "tasks"}`;
}

/** `12 groups`, `1 group`. */
export function formatGroups(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "group" : "groups"}`;
}

/** `12 dependencies`, `1 dependency`. */
export function formatDependencies(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "dependency" : "dependencies"}`;
}

/** `3 ms`, `1.5 s`, `2 min 05 s`, `3 h 04 min`, `2 d 03 h`. */
export function formatDuration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms));
  if (rounded < 1000) return `${rounded} ms`;
  if (rounded < 59_950) return `${(rounded / 1000).toFixed(1)} s`;
  const seconds = Math.round(rounded / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** `1,700/s`, `2.5/s`, `6/min`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 10) return `${formatCount(Math.round(perSecond))}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  return `${formatCount(Math.round(perSecond * 60))}/min`;
}

/** Local time, to the second: `2026-11-22 15:04:05`. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
