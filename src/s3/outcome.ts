/** How a planned row can end (semantics, section 5). Every planned row ends with exactly one of these. */
export const OUTCOMES = [
  'done',
  'already',
  'drifted',
  'refused',
  'missing',
  'archived',
  'denied',
  'failed',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Rows that ended as planned. Any other outcome means that the key was left as it is. */
export const FULFILLED_OUTCOMES: readonly Outcome[] = ['done', 'already'];

/**
 * Outcomes that the next run tries again: permissions and a struggling store can change without the plan being wrong.
 * The others say that the key is not what the plan saw; they take a new plan.
 */
export const RETRIED_OUTCOMES: readonly Outcome[] = ['denied', 'failed'];

export type OutcomeCounts = Record<Outcome, number>;

export function noOutcomes(): OutcomeCounts {
  return { done: 0, already: 0, drifted: 0, refused: 0, missing: 0, archived: 0, denied: 0, failed: 0 };
}

export function addOutcomes(left: OutcomeCounts, right: OutcomeCounts): OutcomeCounts {
  const total = noOutcomes();
  for (const outcome of OUTCOMES) total[outcome] = left[outcome] + right[outcome];
  return total;
}

export function isOutcome(text: string): text is Outcome {
  return OUTCOMES.some((outcome) => outcome === text);
}

/** Whether every row ended `done` or `already`. */
export function isFulfilled(counts: OutcomeCounts): boolean {
  return OUTCOMES.every((outcome) => counts[outcome] === 0 || FULFILLED_OUTCOMES.includes(outcome));
}
