import { RunbookError } from '../errors.ts';
import { shellWord } from '../s3/shell-word.ts';
import type { FreezeSite } from './bucket-state.ts';
import { isExpired } from './freeze-file.ts';
import type { FreezeRecord } from './freeze-record.ts';
import { thawBucket } from './thaw.ts';

/** What became of the freeze of a rollback that is cleaned up; texts are untrusted. */
export type EndedFreeze = {
  /** `left`: it is in force, and these credentials may not end it */
  outcome: 'none' | 'thawed' | 'would-thaw' | 'left';
  bucket: string | null;
  wasExpired: boolean;
  differences: string[];
  /** the command that ends it, where it was left */
  next: string | null;
};

/**
 * Ends the freeze that a record holds, if it holds one that has not ended. Denied, it is named: a role that cleans up
 * need not be one that may write policies.
 * @param isTrial only tells
 * @throws RunbookError FREEZE_DAMAGED, FREEZE_CONFLICT, …; S3CallError of the record
 */
export async function endFreeze(
  site: FreezeSite,
  record: FreezeRecord,
  isTrial: boolean,
): Promise<EndedFreeze> {
  const none: EndedFreeze = { outcome: 'none', bucket: null, wasExpired: false, differences: [], next: null };
  const file = await record.readFreeze();
  if (file === null || file.state === 'thawed') return none;
  const { bucket } = file;
  try {
    const { outcome, differences, wasExpired } = await thawBucket(site, record, { isTrial });
    return { ...none, outcome: outcome === 'already' ? 'none' : outcome, bucket, differences, wasExpired };
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code !== 'ACCESS_DENIED') throw error;
    const next = `npm run --silent s3-rewind -- thaw --record ${shellWord(record.name)}`;
    const wasExpired = isExpired(file, site.now());
    return { ...none, outcome: 'left', bucket, wasExpired, next };
  }
}
