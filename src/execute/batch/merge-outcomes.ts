import { RunbookError } from '../../errors.ts';
import type { PinnedManifest } from '../../s3/batch-job.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import type { Scenario } from '../../s3/rollback.ts';
import type { Sleep } from '../backoff.ts';
import type { RowOutcome } from '../journal.ts';
import { outcomeText } from '../outcome-file.ts';
import { journalsInOrder } from './journals.ts';
import { manifestObject } from './manifest-object.ts';
import { journalPrefix, type RecordPlace } from './record-place.ts';

/**
 * The outcomes of a scenario that ran on AWS, from the journals of its splits: the text of `outcomes/scenario<N>.csv`
 * in parts, one row a planned row, in the order of the manifest. It stays in no memory: a billion rows are 200 GB.
 * @param ended how rows ended that no journal knows; left out: each is in one
 * @throws RunbookError RECORD_NOT_RUN where a row has no outcome, OUTCOMES_DAMAGED, RECORD_CHANGED; S3CallError
 */
export function mergeOutcomes(
  calls: Pick<ObjectCalls, 'readObject' | 'listKeys'>,
  place: RecordPlace,
  scenario: Scenario,
  manifest: PinnedManifest,
  pause: Sleep,
  ended?: AsyncIterator<RowOutcome, unknown>,
): AsyncGenerator<string> {
  return outcomeText(manifest, (split) => manifestObject(calls, place, manifest, split, pause), {
    name: ({ number }) => journalPrefix(place, scenario, number),
    read: journalsInOrder(calls, place, scenario, pause),
    ...(ended !== undefined && { ended }),
    missing: (fact) =>
      new RunbookError('RECORD_NOT_RUN', `The plan has not come to its end: ${fact}`, {
        hint: `npm run --silent s3-rewind -- start-jobs --record s3://${place.bucket}/${place.prefix} --yes`,
      }),
  });
}
