import { describe, expect, test } from 'vitest';
import type { CheckStatus, DoctorCheck } from '../../src/doctor/check.ts';
import { CHECK_CODES } from '../../src/doctor/codes.ts';
import { buildReport, diagnose, doctorReportSchema } from '../../src/doctor/diagnose.ts';
import { ACCOUNT_SITUATIONS } from './account-situations.ts';
import { BUCKET_SITUATIONS } from './bucket-situations.ts';
import { GATE_SITUATIONS } from './gate-situations.ts';
import { asDoctor, healthy, unreadable } from './healthy.ts';
import { RECORD_SITUATIONS } from './record-situations.ts';
import type { Situation } from './situation.ts';
import { WORKFLOW_SITUATIONS } from './workflow-situations.ts';

const SITUATIONS: Situation[] = [
  ['all is well', () => {}, {}],
  ...GATE_SITUATIONS,
  ...ACCOUNT_SITUATIONS,
  ...RECORD_SITUATIONS,
  ...WORKFLOW_SITUATIONS,
  ...BUCKET_SITUATIONS,
];

/** The worst status of each code: a role that is well does not cover for one that is not. */
const WORST: CheckStatus[] = ['ok', 'not-checked', 'warning', 'unreadable', 'problem'];

function statusesOf(checks: readonly DoctorCheck[]): Record<string, CheckStatus> {
  const statuses: Record<string, CheckStatus> = {};
  for (const { code, status } of checks) {
    const known = statuses[code] ?? 'ok';
    statuses[code] = WORST.indexOf(status) > WORST.indexOf(known) ? status : known;
  }
  return statuses;
}

const WELL = Object.fromEntries(
  CHECK_CODES.map((code) => [code, code === 'RECORD_OBJECT_LOCK' ? 'not-checked' : 'ok']),
);

describe('situations', () => {
  test.each(SITUATIONS)('%s', (_name, change, expected) => {
    const state = healthy();
    change(state);
    const { facts, request } = asDoctor(state);
    const checks = diagnose(facts, request);
    expect(statusesOf(checks)).toEqual({ ...WELL, ...expected });
    // Each says what to do, and the report fits its schema.
    for (const { status, found, fix, code } of checks) {
      expect(found, code).toMatch(/\w/);
      if (status === 'ok') expect(fix, code).toBeNull();
      else expect(fix, code).toMatch(/\w/);
    }
    const report = buildReport(checks, []);
    expect(doctorReportSchema.parse(report)).toEqual(report);
    expect(report.ready).toBe(!checks.some(({ status }) => status === 'problem' || status === 'unreadable'));
  });

  test('every code is the subject of one that is not well', () => {
    const named = new Set(
      SITUATIONS.flatMap(([, , expected]) =>
        Object.entries(expected)
          .filter(([, status]) => status !== 'ok' && status !== 'not-checked')
          .map(([code]) => code),
      ),
    );
    expect([...named].toSorted()).toEqual([...CHECK_CODES].toSorted());
  });
});

test('nothing asked for is nothing checked, with the way to include it', () => {
  const { request } = asDoctor(healthy());
  const facts = { github: null, account: null, record: null, buckets: [] };
  const checks = diagnose(facts, { ...request, github: null });
  expect(checks.map(({ code }) => code).toSorted()).toEqual([...CHECK_CODES].toSorted());
  for (const { status, fix } of checks) {
    expect(status).toBe('not-checked');
    expect(fix).toMatch(/^add --/);
  }
});

test('what was accepted stays in the list, and no longer fails', () => {
  const state = healthy();
  Object.assign(state.github, { workflowPermissions: unreadable() });
  const { facts, request } = asDoctor(state);
  const checks = diagnose(facts, request);
  expect(buildReport(checks, []).ready).toBe(false);
  expect(buildReport(checks, ['ACTIONS_PULL_REQUESTS']).ready).toBe(false);
  const report = buildReport(checks, ['ACTIONS_PULL_REQUESTS', 'ACTIONS_DEFAULT_PERMISSIONS']);
  expect(report.ready).toBe(true);
  expect(report.counts.unreadable).toBe(2);
});
