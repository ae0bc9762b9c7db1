import { RunbookError } from '../errors.ts';

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DURATION = /^(?<count>\d{1,6})(?<unit>[smhd])$/;

/**
 * Parses a duration such as `24h`, `90m`, `7d` or `0s` into seconds.
 * @param option the option's name, for the message
 * @throws RunbookError INVALID_OPTION
 */
export function parseDuration(text: string, option: string): number {
  const groups = DURATION.exec(text)?.groups;
  if (groups === undefined) {
    throw new RunbookError('INVALID_OPTION', `--${option} '${text}' is not a duration.`, {
      hint: `give a whole number and a unit (s, m, h, d), for example --${option} 24h`,
    });
  }
  return Number(groups.count) * SECONDS_PER_UNIT[groups.unit as keyof typeof SECONDS_PER_UNIT];
}

/** Formats seconds as people say them, in at most two units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const minutes = Math.round(total / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const roundedHours = Math.round(minutes / 60);
  return roundedHours % 24 === 0
    ? `${roundedHours / 24} d`
    : `${Math.floor(roundedHours / 24)} d ${roundedHours % 24} h`;
}
