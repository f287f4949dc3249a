/** Times, memory and shares as people read them, to three figures: for what is measured. Pure; for terminals, results and pages alike. */

/** `8.1 ms`, `817 ms`, `1.19 s`, `12.4 s`, `2 min 05 s`, `3 h 04 min`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** `1.2 GB`, `340 MB`, `12 kB`, of KiB. */
export function memory(kib: number): string {
  const bytes = kib * 1024;
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e3)} kB`;
}

/** `12 %`, `0.4 %`. */
export function share(part: number, whole = 1): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0;
  return `${percent > 0 && percent < 0.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** `1,234,567`. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

export function tasksText(value: number): string {
  return `${count(value)} ${value === 1 ? "task" : "tasks"}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
