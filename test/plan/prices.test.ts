import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/errors.ts';
import { builtInPrices, parsePriceTable, readPriceTable } from '../../src/plan/prices.ts';

describe('the built-in price table', () => {
  it('is named and dated', () => {
    expect(builtInPrices()).toMatchObject({ region: 'us-east-1', asOf: '2026-11-21' });
    expect(builtInPrices().name).toContain('N. Virginia');
  });

  it('says the unit of every price in its property', () => {
    const prices = Object.keys(builtInPrices()).filter((name) => !['name', 'region', 'asOf'].includes(name));
    for (const name of prices) expect(name).toMatch(/Usd(Per[A-Z]|PerThousand)/);
  });

  it('is not shared: changing one copy leaves the next as it was', () => {
    builtInPrices().writeUsdPerThousandRequestsByClass.STANDARD = 99;
    expect(builtInPrices().writeUsdPerThousandRequestsByClass.STANDARD).toBe(0.005);
  });
});

describe('an override', () => {
  it('replaces only what it names, and says so in the name', () => {
    const table = parsePriceTable('{"batchOperationsUsdPerJob": 0.3}', 'p.json');
    expect(table).toEqual({
      ...builtInPrices(),
      batchOperationsUsdPerJob: 0.3,
      name: 'AWS public list prices, US East (N. Virginia), partly overridden',
    });
  });

  it('replaces one class and keeps the others', () => {
    const table = parsePriceTable(
      '{"writeUsdPerThousandRequestsByClass": {"GLACIER": 0.04}, "name": "ours", "region": "eu-central-1", "asOf": "2027-01-31"}',
      'p.json',
    );
    expect(table.writeUsdPerThousandRequestsByClass).toEqual({
      ...builtInPrices().writeUsdPerThousandRequestsByClass,
      GLACIER: 0.04,
    });
    expect(table).toMatchObject({ name: 'ours', region: 'eu-central-1', asOf: '2027-01-31' });
  });

  it('may be the example of docs/estimates.md', async () => {
    const page = await readFile(new URL('../../docs/estimates.md', import.meta.url), 'utf8');
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parsePriceTable(example, 'docs/estimates.md')).toMatchObject({
      listUsdPerThousandRequests: 0.0054,
    });
  });

  it('may be the whole table', () => {
    expect(parsePriceTable(JSON.stringify(builtInPrices()), 'p.json')).toEqual(builtInPrices());
  });

  it.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['[]', 'the table'],
    ['null', 'the table'],
    ['{"batchOperationsUsdPerJobs": 1}', 'batchOperationsUsdPerJobs'],
    ['{"batchOperationsUsdPerJob": -1}', 'batchOperationsUsdPerJob'],
    ['{"batchOperationsUsdPerJob": "1"}', 'batchOperationsUsdPerJob'],
    ['{"batchOperationsUsdPerJob": null}', 'batchOperationsUsdPerJob'],
    ['{"batchOperationsUsdPerJob": 1e999}', 'batchOperationsUsdPerJob'],
    ['{"writeUsdPerThousandRequestsByClass": {"OUTPOSTS": 1}}', 'OUTPOSTS'],
    ['{"writeUsdPerThousandRequestsByClass": 1}', 'writeUsdPerThousandRequestsByClass'],
    ['{"__proto__": {"batchOperationsUsdPerJob": 1}}', '__proto__'],
    ['{"asOf": "last week"}', 'asOf'],
    ['{"asOf": "2026-02-30"}', 'asOf'],
    ['{"name": ""}', 'name'],
  ])('refuses %s', (text, fact) => {
    expect(() => parsePriceTable(text, 'p.json')).toThrow(
      expect.objectContaining({ code: 'INVALID_PRICES', message: expect.stringContaining(fact) }),
    );
  });
});

describe('reading a table', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a file', async () => {
    const path = join(folder, 'prices.json');
    await writeFile(path, '{"name": "ours", "lambdaUsdPerMillionRequests": 0.25}');
    expect(await readPriceTable(path)).toMatchObject({ name: 'ours', lambdaUsdPerMillionRequests: 0.25 });
  });

  it.each(['absent.json', '.'])('refuses what is no readable file: %s', async (name) => {
    const refusal = await readPriceTable(join(folder, name)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RunbookError);
    expect(refusal).toMatchObject({ code: 'INVALID_PRICES', hint: expect.stringContaining('--prices') });
  });
});
