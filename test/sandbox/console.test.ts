import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { obey, summarize } from '../../sandbox/console.ts';
import { nameEffect, parseFault } from '../../sandbox/fault-text.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { rawRequest } from './client.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.createBucket('data', { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

describe('faults as text', () => {
  test.each([
    ['slow-down', { effect: 'slow-down' }],
    [
      'reset-after operation=CopyObject,UploadPartCopy after=2 times=1',
      { effect: 'reset-after', operation: ['CopyObject', 'UploadPartCopy'], after: 2, times: 1 },
    ],
    ['delay ms=40 chance=0.25', { effect: { delayMs: 40 }, probability: 0.25 }],
    ['internal-error chance=1', { effect: 'internal-error' }],
    ['delete-error key=a%20b', { effect: { deleteError: { code: 'InternalError' } }, key: 'a b' }],
    [
      'error code=RequestTimeout status=400 bucket=data match=^a/',
      { effect: { error: { code: 'RequestTimeout', status: 400 } }, bucket: 'data', key: /^a\//u },
    ],
    ['suspend-versioning', { effect: 'suspend-versioning' }],
  ])('%s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  test.each([
    ['', "There is no fault ''"],
    ['toString', "There is no fault 'toString'"],
    ['slow-down chance=2', 'chance=2 is not a number from 0 to 1'],
    ['slow-down times=-1', 'times=-1 is not a whole number'],
    ['slow-down ms=1', "'ms=1' is no field of slow-down"],
    ['slow-down operation=', "'operation=' is no field"],
    ['slow-down key=a match=b', 'not both'],
  ])('%j is refused', (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
  });

  test('every effect has a name to be watched by', () => {
    const texts = ['slow-down', 'delay ms=5', 'error code=Foo', 'delete-error code=Bar'];
    expect(texts.map((text) => nameEffect(parseFault(text).effect))).toEqual([
      'slow-down',
      'delay 5 ms',
      'Foo',
      'delete-error Bar',
    ]);
  });
});

describe('commands', () => {
  test('faults are added and taken away while it runs', async () => {
    expect(obey(sandbox, 'fault slow-down operation=HeadObject')).toBe('1 faults');
    expect((await rawRequest(sandbox, '/data/k', { method: 'HEAD' })).status).toBe(503);
    expect(obey(sandbox, 'clear')).toBe('0 faults');
    expect((await rawRequest(sandbox, '/data/k', { method: 'HEAD' })).status).toBe(404);
  });

  test('the clock and versioning are set', () => {
    expect(obey(sandbox, 'clock 2026-01-31T12:00:00Z')).toBe('2026-01-31T12:00:00.000Z');
    expect(obey(sandbox, 'clock +90')).toBe('2026-01-31T12:01:30.000Z');
    expect(obey(sandbox, 'suspend data')).toBe('data: versioning suspended');
    expect(sandbox.bucket('data').versioning).toBe('Suspended');
    obey(sandbox, 'enable data');
    expect(sandbox.bucket('data').versioning).toBe('Enabled');
    expect(JSON.parse(obey(sandbox, 'lifecycle data'))).toMatchObject({ noncurrentExpired: 0 });
    expect(Date.parse(obey(sandbox, 'clock now'))).toBeGreaterThan(Date.parse('2026-02-01T00:00:00Z'));
  });

  test('what is not understood is answered with what is', () => {
    expect(obey(sandbox, 'fly')).toContain("There is no command 'fly'. There are:\n  fault EFFECT");
    expect(obey(sandbox, 'fault fly')).toMatch(/^There is no fault 'fly'.*\nusage: fault EFFECT/s);
    expect(obey(sandbox, 'suspend nowhere')).toBe('no bucket nowhere\nusage: suspend BUCKET');
    expect(obey(sandbox, 'clock soon')).toContain('is not an instant');
    expect(obey(sandbox, '  ')).toBe('');
  });

  test('the status tells of losses', async () => {
    const { versionId } = sandbox.bucket('data').put('k', { body: 'x' });
    await rawRequest(sandbox, `/data/k?versionId=${versionId}`, { method: 'DELETE' });
    sandbox.expectLosses({ permanentDeletions: 1 });
    expect(obey(sandbox, 'status')).toBe(summarize(sandbox));
    expect(summarize(sandbox)).toContain('1 permanently deleted, 0 null versions replaced');
  });
});
