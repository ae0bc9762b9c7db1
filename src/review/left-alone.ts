import type { ReviewList, RollbackPlan } from '../plan/plan-file.ts';
import { CLASSES, type KeyClass, type Scenario, UNCERTAIN_CLASSES } from '../s3/rollback.ts';

/** Why a class is left alone, for one who has not read docs/semantics.md. */
const REASONS: Record<KeyClass, string> = {
  unchanged: 'No version entry is newer than P: already as it was.',
  'already-absent': 'Absent at P and absent now.',
  absent: 'Absent at P: there is nothing to copy.',
  ambiguous:
    'Two entries share the one second that decides, and the inventory does not say which came first.',
  'suspect-multipart':
    'A multipart upload started before P and may have become visible only after it; S3 stamps it with its start.',
  'uncertain-expired': 'A lifecycle rule may already have removed the version that was current at P.',
  uncopyable: "Encrypted with SSE-C: a copy needs the customer's key.",
  'add-delete-marker': 'Not among the scenarios of this plan.',
  'remove-delete-markers': 'Not among the scenarios of this plan.',
  'copy-after-restore': 'Not among the scenarios of this plan.',
  copy: 'Not among the scenarios of this plan.',
  'copy-multipart': 'Not among the scenarios of this plan.',
};

const SETTLED: readonly KeyClass[] = ['unchanged', 'already-absent', 'absent'];

export type LeftAloneRow = {
  class: KeyClass;
  keys: number;
  why: string;
  /** Someone has to decide about these keys; the others are as they should be, or were left out on purpose. */
  needsDecision: boolean;
  list: ReviewList | null;
};

/** Classes with keys that no manifest holds, those that need a decision first. */
export function buildLeftAloneRows(plan: RollbackPlan): LeftAloneRow[] {
  const planned = new Set<Scenario>(
    plan.manifests.filter(({ rows }) => rows > 0).map(({ scenario }) => scenario),
  );
  const rows = CLASSES.flatMap((keyClass): LeftAloneRow[] => {
    const keys = plan.classes
      .filter(
        ({ class: name, scenario }) => name === keyClass && (scenario === null || !planned.has(scenario)),
      )
      .reduce((total, row) => total + row.keys, 0);
    if (keys === 0) return [];
    return [
      {
        class: keyClass,
        keys,
        why: reasonOf(keyClass, plan),
        needsDecision: isUncertain(keyClass),
        list: plan.reviewLists.find((candidate) => candidate.class === keyClass) ?? null,
      },
    ];
  });
  const rank = (row: LeftAloneRow) => (row.needsDecision ? 0 : SETTLED.includes(row.class) ? 2 : 1);
  return rows.sort((a, b) => rank(a) - rank(b));
}

function reasonOf(keyClass: KeyClass, { origin, inputs, inventory }: RollbackPlan): string {
  if (keyClass === 'unchanged' && origin === 'undo') {
    return 'The run left it as it was: there is nothing to take back.';
  }
  if (keyClass === 'unchanged' && inputs.mode === 'delete-marker-removal') {
    return 'The current entry is not a delete marker newer than P.';
  }
  // A journal knows more than the rules do.
  return keyClass === 'uncertain-expired' && inventory.format === 's3-metadata'
    ? 'What was current at P was permanently deleted since, or may have been.'
    : REASONS[keyClass];
}

function isUncertain(keyClass: KeyClass): boolean {
  return UNCERTAIN_CLASSES.some((uncertain) => uncertain === keyClass);
}
