import { RunbookError } from '../errors.ts';
import { ROLLBACK_ROLE_PATH } from '../s3/aws-names.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { formatInstant } from '../s3/point-in-time.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
const MAX_PREFIX_BYTES = 1024;
/** What aws:PrincipalArn can be: the user, the root user, or the role itself, never a session of it. */
const PRINCIPAL = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:(?:root|(?:user|role)\/([\w+=,.@/*-]{1,576}))$/;
const SESSION = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([\w+=,.@-]+)\//;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/;
/** Fewer characters of a name than this, and a wildcard beside them lets in too many. */
const LEAST_LITERAL = 3;

/** What the freeze command is given, before any check. */
export type RawFreezeSettings = {
  bucket: string;
  prefix?: string[] | undefined;
  except?: string[] | undefined;
  account?: string | undefined;
  until?: string | undefined;
  denyServices?: boolean | undefined;
  keepLifecycle?: boolean | undefined;
};

export type FreezeSettings = {
  /** eight hexadecimal digits: the end of the rollback's ID, or of no rollback yet */
  id: string;
  bucket: string;
  partition: string;
  /** literal; none: the whole bucket */
  prefixes: string[];
  /** ARNs of IAM, with `*`, of those who may write */
  except: string[];
  /** lets AWS services write that act for themselves, such as the delivery of logs */
  letsServicesWrite: boolean;
  pausesLifecycle: boolean;
  /** a reminder: nothing thaws by itself */
  until: Date;
};

type FreezeContext = {
  id: string;
  partition: string;
  now: Date;
  /** of this freeze where it is in force: kept, if no other is given */
  earlierEnd: Date | null;
};

/**
 * @throws RunbookError INVALID_OPTION, INVALID_BUCKET, INVALID_PREFIX, INVALID_TIMESTAMP
 */
export function parseFreezeSettings(
  raw: RawFreezeSettings,
  { id, partition, now, earlierEnd }: FreezeContext,
): FreezeSettings {
  const { account, prefix: prefixes = [] } = raw;
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw invalid(
      `--account '${account}' is not an account ID of 12 digits.`,
      'leave out spaces and hyphens',
    );
  }
  const tool = account === undefined ? [] : [`arn:${partition}:iam::${account}:role${ROLLBACK_ROLE_PATH}*`];
  const except = [...new Set([...(raw.except ?? []).map(parsePrincipal), ...tool])].toSorted();
  if (except.length === 0) {
    throw invalid(
      'Nobody is excepted from the freeze, so no rollback could write.',
      'give --except with the ARN of the role or user that will run it, or --account for a rollback on AWS; who you are: aws sts get-caller-identity',
    );
  }
  for (const prefix of prefixes) assertPrefix(prefix);
  return {
    id,
    bucket: parseBucketName(raw.bucket),
    partition,
    prefixes: [...new Set(prefixes)],
    except,
    letsServicesWrite: raw.denyServices !== true,
    pausesLifecycle: raw.keepLifecycle !== true,
    until: raw.until === undefined ? keptEnd(earlierEnd, now) : parseEnd(raw.until, now),
  };
}

function parsePrincipal(text: string): string {
  const session = SESSION.exec(text)?.[1];
  if (session !== undefined) {
    throw invalid(
      `--except '${text}' is a session: a policy knows its role.`,
      `give the ARN of the role: aws iam get-role --role-name ${session} --query Role.Arn --output text`,
    );
  }
  const match = PRINCIPAL.exec(text);
  if (match === null) {
    throw invalid(
      `--except '${text}' is no ARN of a role or user in IAM.`,
      'for example --except arn:aws:iam::111122223333:role/on-call',
    );
  }
  const name = match[1];
  if (name === undefined || !name.includes('*')) return text;
  if (name.replaceAll(/[*/]/g, '').length >= LEAST_LITERAL) return text;
  throw invalid(`--except '${text}' would let nearly everybody write.`, 'name the role, or its path');
}

function assertPrefix(prefix: string): void {
  const bytes = Buffer.byteLength(prefix);
  if (bytes > 0 && bytes <= MAX_PREFIX_BYTES) return;
  const fact = bytes === 0 ? 'A prefix is empty.' : `The prefix '${prefix}' is longer than a key can be.`;
  throw new RunbookError('INVALID_PREFIX', fact, { hint: 'leave --prefix out for the whole bucket' });
}

function defaultEnd(now: Date): Date {
  return new Date(now.getTime() + DEFAULT_HOURS * HOUR_MS);
}

function keptEnd(earlier: Date | null, now: Date): Date {
  return earlier !== null && earlier.getTime() > now.getTime() ? earlier : defaultEnd(now);
}

function parseEnd(text: string, now: Date): Date {
  const until = new Date(text.toUpperCase());
  if (!TIME.test(text.toUpperCase()) || Number.isNaN(until.getTime())) {
    throw new RunbookError('INVALID_TIMESTAMP', `--until '${text}' is not a time with Z or an offset.`, {
      hint: `for example --until ${formatInstant(defaultEnd(now))}`,
    });
  }
  if (until.getTime() > now.getTime()) return until;
  throw invalid(
    `--until ${formatInstant(until)} is over; it is ${formatInstant(now)}.`,
    `for example --until ${formatInstant(defaultEnd(now))}`,
  );
}

function invalid(message: string, hint: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, { hint });
}
