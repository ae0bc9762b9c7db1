import { RunbookError } from '../errors.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { MAX_MEMBERS } from './set-file.ts';

/** Words for an inventory that is found, which may stand for every bucket. */
const FOUND = new Set(['auto', 's3-inventory']);
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;

/**
 * Checks the buckets that are named for a set: real names, none twice, not too many.
 * @param options `mayBeNone`: pairs of replication name some too
 * @throws RunbookError INVALID_BUCKET, SET_INVALID
 */
export function parseMembers(names: readonly string[], { mayBeNone }: { mayBeNone: boolean }): string[] {
  const buckets = names.map(parseBucketName);
  const twice = buckets.find((bucket, index) => buckets.indexOf(bucket) !== index);
  if (twice !== undefined) {
    throw invalid(`The bucket '${twice}' is named twice.`, 'name each bucket once');
  }
  assertNotTooMany(buckets);
  if (buckets.length > 0 || mayBeNone) return buckets;
  throw invalid('No bucket is named.', 'give --bucket once for each, or one a line in the file of --buckets');
}

/** @throws RunbookError SET_INVALID */
export function assertNotTooMany(buckets: readonly string[]): void {
  if (buckets.length <= MAX_MEMBERS) return;
  throw invalid(
    `A set of ${buckets.length} buckets is too large: ${MAX_MEMBERS} fit one review.`,
    'make several sets, each with an approval of its own',
  );
}

/** The lines of a file of buckets; empty lines and those that begin with # do not count. */
export function parseBucketFile(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Reads `SOURCE=DESTINATION`.
 * @throws RunbookError INVALID_BUCKET, SET_INVALID
 */
export function parseReplica(text: string): { source: string; destination: string } {
  const [source = '', destination = '', ...more] = text.split('=');
  if (source === '' || destination === '' || more.length > 0) {
    throw invalid(`--replica '${text}' is not a pair.`, 'give it as --replica SOURCE=DESTINATION');
  }
  if (source === destination) {
    throw invalid(`--replica '${text}' names one bucket twice.`, 'a bucket does not replicate to itself');
  }
  return { source: parseBucketName(source), destination: parseBucketName(destination) };
}

/**
 * The inventories of each member, from texts such as `BUCKET=PATH`.
 * @returns null: none is named, each is found
 * @throws RunbookError SET_INVALID where a text names a bucket that is not in the set, or a bucket has none
 */
export function inventoriesOf(
  texts: readonly string[] | undefined,
  buckets: readonly string[],
): Map<string, string[]> | null {
  if (texts === undefined) return null;
  const [word = ''] = texts;
  if (texts.length === 1 && FOUND.has(word)) return new Map(buckets.map((bucket) => [bucket, [word]]));
  const found = new Map<string, string[]>();
  for (const text of texts) {
    const { bucket, value } = splitMember(text, buckets, '--inventory', 'FILE');
    found.set(bucket, [...(found.get(bucket) ?? []), value]);
  }
  const without = buckets.find((bucket) => !found.has(bucket));
  if (without === undefined) return found;
  throw invalid(
    `No inventory is named for '${without}'.`,
    `add --inventory ${without}=FILE, or --inventory ${without}=auto to have one found`,
  );
}

/**
 * The Regions of members, from texts such as `BUCKET=REGION`.
 * @throws RunbookError SET_INVALID
 */
export function regionsOf(
  texts: readonly string[] | undefined,
  buckets: readonly string[],
): Map<string, string> {
  const regions = new Map<string, string>();
  for (const text of texts ?? []) {
    const { bucket, value } = splitMember(text, buckets, '--bucket-region', 'REGION');
    if (!REGION.test(value)) {
      throw invalid(
        `--bucket-region '${text}' names no Region.`,
        'for example --bucket-region my-replica=eu-west-1',
      );
    }
    if (regions.has(bucket)) {
      throw invalid(`--bucket-region names '${bucket}' twice.`, 'name the Region of a bucket once');
    }
    regions.set(bucket, value);
  }
  return regions;
}

function splitMember(
  text: string,
  buckets: readonly string[],
  option: string,
  what: string,
): { bucket: string; value: string } {
  const end = text.indexOf('=');
  const bucket = text.slice(0, Math.max(0, end));
  const value = text.slice(end + 1);
  if (end > 0 && value !== '' && buckets.includes(bucket)) return { bucket, value };
  throw invalid(
    end > 0 && value !== ''
      ? `${option} '${text}' is for '${bucket}', which is not a bucket of this set.`
      : `${option} '${text}' does not say for which bucket of the set it is.`,
    `give it as ${option} BUCKET=${what}; the buckets are ${buckets.join(', ')}`,
  );
}

function invalid(message: string, hint: string): RunbookError {
  return new RunbookError('SET_INVALID', message, { hint });
}
