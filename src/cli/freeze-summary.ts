import type { EndedFreeze } from '../freeze/end-freeze.ts';
import type { Freezing } from '../freeze/freeze.ts';
import type { FreezeStatus } from '../freeze/status.ts';
import type { ThawedPart, Thawing } from '../freeze/thaw.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';

const OUTCOMES: Record<Freezing['outcome'], string> = {
  frozen: 'Frozen',
  already: 'Frozen already',
  'would-freeze': 'Would freeze',
};
const PARTS: Record<ThawedPart, string> = {
  exactly: 'as it was before the freeze',
  'own-part': 'only the part of the freeze, as others changed it too',
  already: 'nothing to put back',
};

/** What `freeze` prints for a person. */
export function freezeSummary({ outcome, file, statement }: Freezing, record: string): string {
  const { bucket, prefixes, lifecycle, letsServicesWrite } = file;
  const rules = lifecycle.paused.map(({ ID = '(no ID)' }) => ID);
  const lines = [
    `${OUTCOMES[outcome]}: ${bucket}${prefixes.length === 0 ? '' : `, keys that start with ${prefixes.join(', ')}`}`,
    `may write: ${file.except.join(', ')}${letsServicesWrite ? '; AWS services for themselves' : ''}`,
    `lifecycle rules paused: ${rules.length === 0 ? 'none' : rules.join(', ')}`,
    `reminder: ${file.until}; nothing thaws by itself`,
    `in the policy: ${statement.Sid}`,
  ];
  if (outcome !== 'would-freeze') {
    lines.push(
      'S3 takes up to some minutes until this holds everywhere: wait before you take an inventory.',
      `Next: plan the rollback; at the end npm run --silent s3-rewind -- thaw --record ${shellWord(record)}`,
    );
  }
  return lines.map(printable).join('\n');
}

/** What `thaw` prints for a person. */
export function thawSummary(thawed: Thawing, record: string): string {
  const { outcome, file, differences, rulesLeftPaused } = thawed;
  if (outcome === 'already' && differences.length === 0) return printable(`Thawed already: ${file.bucket}`);
  const lines = [
    `${outcome === 'would-thaw' ? 'Would thaw' : 'Thawed'}: ${file.bucket}${thawed.wasExpired ? `; it was to end at ${file.until}` : ''}`,
    `policy: ${PARTS[thawed.policy]}`,
    `lifecycle: ${PARTS[thawed.lifecycle]}`,
    ...differences.map((difference) => `  ${difference}`),
  ];
  if (rulesLeftPaused.length > 0) {
    lines.push(
      `Next: see whether ${rulesLeftPaused.join(', ')} should be enabled: aws s3api get-bucket-lifecycle-configuration --bucket ${file.bucket}`,
    );
  } else if (outcome === 'would-thaw') {
    lines.push(`Next: npm run --silent s3-rewind -- thaw --record ${shellWord(record)}`);
  }
  return lines.map(printable).join('\n');
}

/** What `freeze --status` prints for a person. */
export function statusSummary(bucket: string, freezes: readonly FreezeStatus[]): string {
  if (freezes.length === 0) return `Not frozen: ${bucket}`;
  return freezes
    .map(({ id, until, isExpired: isOver }) =>
      isOver
        ? `Frozen, and overdue since ${until}: ${bucket}, freeze ${id}\nNext: npm run --silent s3-rewind -- thaw --record RECORD`
        : `Frozen until ${until}: ${bucket}, freeze ${id}`,
    )
    .join('\n');
}

/** What `cleanup` adds for a person: nothing where there is no freeze. */
export function freezeNote({ outcome, bucket, wasExpired, differences, next }: EndedFreeze): string {
  if (outcome === 'none') return '';
  const overdue = wasExpired ? ', which was overdue' : '';
  const told =
    outcome === 'left'
      ? `${bucket} is still FROZEN${overdue}; as someone who may write its policy: ${next}`
      : `${outcome === 'thawed' ? 'thawed' : 'would thaw'} ${bucket}${overdue}`;
  return [told, ...differences].map((line) => `\n  ${printable(line)}`).join('');
}
