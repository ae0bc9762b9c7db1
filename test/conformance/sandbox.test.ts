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

test.each(SERVERS)('every listed deviation of %s is one of a case', (name) => {
  const names = CASES.map((one) => one.name);
  expect(Object.keys(DEVIATIONS[name]).filter((listed) => !names.includes(listed))).toEqual([]);
});
