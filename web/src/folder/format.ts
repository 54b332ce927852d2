/** Sizes and dates as people read them. */

const UNITS = ["bytes", "KB", "MB", "GB", "TB"] as const;

export function fileSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});
const INSTANT = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});

export const day = (date: Date): string => DAY.format(date);
export const moment = (date: Date): string => MOMENT.format(date);
/** To the second, as records are. */
export const instant = (date: Date): string => INSTANT.format(date);
