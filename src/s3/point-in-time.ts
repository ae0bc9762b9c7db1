import { RunbookError } from '../errors.ts';

const RFC_3339 =
  /^(?<date>\d{4}-\d{2}-\d{2})[Tt](?<time>\d{2}:\d{2}:\d{2})(?<fraction>\.\d+)?(?<zone>[Zz]|[+-]\d{2}:\d{2})?$/;
const MS_PER_MINUTE = 60_000;

/** A UTC instant in whole seconds (semantics, section 1), kept as `yyyy-mm-ddThh:mm:ssZ`. */
export type PointInTime = string & { readonly __brand: 'PointInTime' };

/**
 * Parses the point in time of a rollback: RFC 3339 with an offset, or `yyyy-mm-ddThh:mm:ss`, which is UTC.
 * @param now the instant after which a point in time is in the future
 * @throws RunbookError INVALID_TIMESTAMP, TIMESTAMP_IN_FUTURE
 */
export function parsePointInTime(text: string, now: Date): PointInTime {
  const groups = RFC_3339.exec(text)?.groups;
  if (groups === undefined) {
    throw refuse(
      text,
      'is not an RFC 3339 time',
      'use yyyy-mm-ddThh:mm:ss (UTC), or add Z or an offset such as +02:00',
    );
  }
  const { date = '', time = '', fraction, zone = 'Z' } = groups;
  if (fraction !== undefined) {
    throw refuse(
      text,
      'has a fraction of a second; S3 keeps whole seconds',
      `use ${date}T${time}${zone.toUpperCase()}`,
    );
  }
  const local = new Date(`${date}T${time}Z`);
  // Date accepts 31 February and 24:00:00 and moves them on; a time that comes back changed does not exist.
  if (Number.isNaN(local.getTime()) || formatInstant(local) !== `${date}T${time}Z`) {
    throw refuse(
      text,
      'names a date or time that does not exist',
      'check the day, the hour (00-23), the minute and the second',
    );
  }
  const instant = new Date(local.getTime() - offsetMinutes(zone, text) * MS_PER_MINUTE);
  if (instant.getTime() > now.getTime()) {
    throw new RunbookError(
      'TIMESTAMP_IN_FUTURE',
      `${formatInstant(instant)} lies in the future; it is ${formatInstant(now)}.`,
      {
        hint: 'give the last moment at which the data was good, in UTC or with its offset',
      },
    );
  }
  return formatInstant(instant) as PointInTime;
}

/** Formats an instant as `yyyy-mm-ddThh:mm:ssZ`, cutting off any fraction of a second. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

function offsetMinutes(zone: string, text: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) {
    throw refuse(
      text,
      'has an offset that does not exist',
      'use an offset such as +02:00 or -05:30, or Z for UTC',
    );
  }
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function refuse(text: string, reason: string, hint: string): RunbookError {
  return new RunbookError('INVALID_TIMESTAMP', `'${text}' ${reason}.`, { hint });
}
