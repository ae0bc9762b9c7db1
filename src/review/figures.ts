/** Figures as the review shows them. Pure: the same on every machine, whatever its locale. */

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
const UTC_INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})Z$/;

/** Formats a whole number with thousands separators: `48,211,730`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Formats `1 key`, `2 keys`. @param noun the singular; its plural takes an s */
export function formatQuantity(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats bytes in decimal units (1 kB is 1,000 bytes), with one decimal below 100: `0 B`, `1.2 TB`, `318 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  // Compared after rounding, so that 999,950 bytes are 1 MB and not 1,000 kB.
  while (Math.round(value) >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const rounded = value < 99.95 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${rounded.toLocaleString('en-US')} ${BYTE_UNITS[unit]}`;
}

/** Formats US dollars for Markdown, where a `<` has to be escaped. */
export function formatUsd(usd: number): string {
  return plainUsd(usd).replace('<', '\\<');
}

/** US dollars as plain text: `$0.00`, `< $0.01` for what is not nothing, `$1,204.50`. */
export function plainUsd(usd: number): string {
  if (usd > 0 && usd < 0.01) return '< $0.01';
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Formats a share in per cent for Markdown, or an empty text where there is no whole: `0.86 %`, `\< 0.01 %`, `34 %`. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.01) return '\\< 0.01 %';
  // Rounding must not turn "nearly all" into "all".
  if (percent > 99.9 && part < whole) return '\\> 99.9 %';
  return `${Number(percent.toFixed(percent < 10 ? 2 : 1))} %`;
}

/**
 * Formats a UTC instant of plan.json: `2025-08-22 11:01:00`. The reader is told that it is UTC by the words around it.
 * @throws TypeError where it is not `yyyy-mm-ddThh:mm:ssZ`
 */
export function formatUtc(instant: string): string {
  const [, date, time] = UTC_INSTANT.exec(instant) ?? [];
  if (date === undefined || time === undefined) throw new TypeError('not a UTC instant in whole seconds');
  return `${date} ${time}`;
}

/** Seconds from one UTC instant to another; negative where the second is the earlier. */
export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
