import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { CASES } from './cases.ts';
import { DEVIATIONS, SERVERS } from './deviations.ts';
import { ServerUnderTest } from './server-under-test.ts';
import { judge } from './verdict.ts';

let sandbox: Sandbox;
let server: ServerUnderTest;

beforeAll(async () => {
  sandbox = await startSandbox();
  // The cases remove versions and suspend versioning to see what S3 does then.
  sandbox.expectLosses('any');
  server = new ServerUnderTest({
    endpoint: sandbox.endpoint,
    accessKeyId: 'AKIASANDBOX',
    secretAccessKey: 'secret',
  });
});
afterAll(() => sandbox.stop());

describe('the sandbox does as S3 documents', () => {
  test.concurrent.each(CASES)('$name', async (conformanceCase) => {
    const verdict = await judge(server, conformanceCase, DEVIATIONS.sandbox);
    if (verdict.kind === 'known deviation') return;
    expect(verdict.kind).not.toBe('fixed');
    expect(verdict.actual).toEqual(conformanceCase.expected);
  });
});

test('every case has a name of its own', () => {
  expect(new Set(CASES.map((one) => one.name)).size).toBe(CASES.length);
});

test('every case names a page of AWS, or says what it rests on without one', () => {
  const page = /^(API_[A-Z][A-Za-z0-9]+|userguide\/[A-Za-z0-9-]+|undocumented: .{10,})$/;
  expect(CASES.map((one) => one.page).filter((text) => !page.test(text))).toEqual([]);
});

test.each(SERVERS)('every listed deviation of %s is one of a case', (name) => {
  const names = CASES.map((one) => one.name);
  expect(Object.keys(DEVIATIONS[name]).filter((listed) => !names.includes(listed))).toEqual([]);
});
