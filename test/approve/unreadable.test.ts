import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proveApproval } from '../../src/approve/prove.ts';
import { RunbookError } from '../../src/errors.ts';
import {
  buildSituation,
  callsOf,
  environmentRequest,
  reviewRequest,
  type Situation,
  status,
} from './situation.ts';

/** The answers that each proof rests on. Deployment statuses are evidence only and are not among them. */
const ANSWERS: Record<'environment' | 'code-owner-review', (keyof Situation)[]> = {
  environment: ['environment', 'run', 'reviewsOfRun', 'comments'],
  'code-owner-review': ['run', 'pull', 'reviews', 'comments', 'files'],
};
const REQUESTS = { environment: environmentRequest(), 'code-owner-review': reviewRequest() };

const unreadable = fc.oneof(
  fc.constantFrom(status(403), status(404), status(500), new Error('socket hang up'), new TypeError('x')),
  fc.constantFrom(null, undefined, '', 'not found', 0, false, {}, [[]], [null], { message: 'Not Found' }),
  fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown),
);

/** Every path to a leaf or a branch of an answer. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

for (const kind of ['environment', 'code-owner-review'] as const) {
  test(`${kind}: any answer that is not there, or not readable, refuses`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ANSWERS[kind]), unreadable, async (name, answer) => {
        const situation = { ...buildSituation(), [name]: answer } as Situation;
        const decision = await proveApproval(REQUESTS[kind], callsOf(situation));
        expect(decision.decision).toBe('refused');
        if (decision.decision === 'refused') expect(decision.error).toBeInstanceOf(RunbookError);
      }),
      { numRuns: 400 },
    );
  });

  test(`${kind}: a field that changes into something else never turns a refusal into an approval`, async () => {
    // The situation is one that must be refused: nobody approved, or someone asked for changes.
    const refused = () => {
      const situation = buildSituation();
      if (kind === 'environment') situation.reviewsOfRun = [];
      else situation.reviews = [];
      return situation;
    };
    const names = ANSWERS[kind].filter((name) => name !== 'reviewsOfRun' && name !== 'reviews');
    const places = names.flatMap((name) => pathsOf(refused()[name]).map((path) => [name, ...path]));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), unreadable, async ([name = '', ...path], value) => {
        const situation = structuredClone(refused());
        replaceAt(situation as unknown as Record<string, unknown>, [name, ...path], value);
        const decision = await proveApproval(REQUESTS[kind], callsOf(situation));
        expect(decision.decision).toBe('refused');
      }),
      { numRuns: 400 },
    );
  });
}

function replaceAt(root: Record<string, unknown>, path: (string | number)[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) root[key] = value;
  else replaceAt(root[key] as Record<string, unknown>, rest, value);
}
