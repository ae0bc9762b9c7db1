import { describe, expect, test } from 'vitest';
import { assertCopiesPossible, chooseExecutor } from '../../src/actions/executor.ts';
import { progressOfJobs } from '../../src/actions/job-counts.ts';
import { commentWhileRunning } from '../../src/actions/progress-comments.ts';
import { formatTable } from '../../src/actions/summary-table.ts';
import { noteCleanup } from '../../src/review/cleanup-note.ts';
import { formatMarker, parseMarker } from '../../src/review/marker.ts';
import { HOSTILE_TEXTS } from '../review/hostile-texts.ts';
import { readStructure } from '../review/markdown-structure.ts';
import { buildSamplePlan } from '../review/sample-plan.ts';

const RUN = 'https://github.com/acme/data/actions/runs/777';
const COMMENT = `${formatMarker({ v: 1, rollbackId: 'rb-1', digest: `sha256:${'a'.repeat(64)}`, run: 7, stage: 'done' })}\n## Roll back\n\n### Done, verified\n\nbody`;

describe('the note of a cleanup', () => {
  test('stands below the title once, and leaves all else', () => {
    const noted = noteCleanup(COMMENT, { rollbackId: 'rb-1', jobs: 2, stacks: ['rb-1'] }, RUN) ?? '';
    expect(noted.split('\n')).toEqual([
      ...COMMENT.split('\n').slice(0, 3),
      '> [!NOTE]',
      `> **Cleaned up:** the stack \`rb-1\` is gone from AWS, 2 jobs that had not ended were cancelled. The record stays: verification and undo work as before. To start it after all, begin with a new run. [Run](${RUN})`,
      ...COMMENT.split('\n').slice(2),
    ]);
    const again = noteCleanup(noted, { rollbackId: 'rb-1', jobs: 0, stacks: ['rb-1'] }, RUN) ?? '';
    expect(again.match(/Cleaned up/g)).toHaveLength(1);
    expect(again).not.toContain('had not ended');
    expect(parseMarker(again)).toEqual(parseMarker(COMMENT));
  });

  test.each([['LGTM'], [COMMENT.replace('rb-1', 'rb-2')], [`x\n${COMMENT}`]])('is not for %j', (body) => {
    expect(noteCleanup(body, { rollbackId: 'rb-1', jobs: 1, stacks: [] }, RUN)).toBeNull();
  });
});

describe.each(HOSTILE_TEXTS)('%j', (text) => {
  test('does nothing in a table of a summary, or in the note of a cleanup', () => {
    const table = formatTable(['Key', 'Expected'], [[text, text]]);
    const note = noteCleanup(COMMENT, { rollbackId: 'rb-1', jobs: 1, stacks: [text] }, RUN) ?? '';
    for (const shown of [`marker\n${table}`, note]) {
      const { tables, bareLines, headings, codeBlocks } = readStructure(shown);
      expect(codeBlocks).toBe(0);
      expect(headings.filter((line) => line.startsWith('# '))).toEqual([]);
      expect(tables.every((rows) => new Set(rows).size === 1)).toBe(true);
      for (const line of bareLines)
        expect(line).not.toMatch(/@|#\d|:\/\/|www\.|<|!\[(?!NOTE\])|\]\(|GH-\d|\$(?!\d)|~/i);
    }
  });
});

test.each<[asked: string | null, bucket: string | null, endpoint: string | null, expected: string]>([
  [null, 'records', null, 'direct'],
  ['direct', 'records', null, 'direct'],
  ['auto', 'records', null, 'batch'],
  ['auto', null, null, 'direct'],
  ['auto', 'records', 'http://127.0.0.1:9000', 'direct'],
  ['batch', 'records', null, 'batch'],
])('executor %s with record bucket %s at %s: %s', (asked, bucket, endpointUrl, expected) => {
  expect(chooseExecutor(asked, bucket, endpointUrl === null ? {} : { endpointUrl })).toBe(expected);
});

test.each([
  [null, {}],
  ['records', { endpointUrl: 'http://127.0.0.1:9000' }],
])('batch is refused with record bucket %s at %j', (bucket, endpoint) => {
  expect(() => chooseExecutor('batch', bucket, endpoint)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});

test('copies of a job are refused before a plan that the runner is to carry out', () => {
  const asked = ['--bucket=b', '--copy-with=s3-batch-copy'];
  expect(() => assertCopiesPossible('direct', asked)).toThrow(
    expect.objectContaining({ code: 'COPY_WITH_NOT_POSSIBLE' }),
  );
  expect(() => assertCopiesPossible('batch', asked)).not.toThrow();
  expect(() => assertCopiesPossible('direct', ['--copy-with=guarded'])).not.toThrow();
});

test('the comment is written anew every half minute, one writing after the other', async () => {
  const shown: number[] = [];
  let now = 0;
  const post = (percent: number) =>
    new Promise<void>((done) => setImmediate(() => done(void shown.push(percent))));
  const { progress, hasBegun, end } = commentWhileRunning(post, () => now);
  progress('scenario 1: checking its manifest', null);
  expect(hasBegun()).toBe(false);
  for (const percent of [null, 1, 20, 43, 60, null, 80, 99]) {
    progress('scenario 1: Active', percent);
    now += 11_000;
  }
  await end();
  expect(shown).toEqual([43, 80]);
  expect(hasBegun()).toBe(true);
});

test('jobs go on side by side, the runner takes one scenario after the other', () => {
  const plan = buildSamplePlan();
  const jobs = plan.manifests.map(({ scenario }) => ({ scenario, id: `job-${scenario}` }));
  expect(
    progressOfJobs(plan, 50, jobs).map(({ done, total }) => done === Math.floor(total / 2)),
  ).not.toContain(false);
  const [first, ...others] = progressOfJobs(plan, 0.001, []);
  expect(first?.done).toBeGreaterThan(0);
  expect(others.map(({ done }) => done)).toEqual(others.map(() => 0));
});
