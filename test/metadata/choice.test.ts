import { expect, test } from 'vitest';
import { RunbookError } from '../../src/errors.ts';
import { chooseSource, type SourceCalls, type SourceRequest } from '../../src/inventory/choose-source.ts';
import type { MetadataConfiguration } from '../../src/s3/metadata-tables.ts';

/** The order of the choice, for Athena: what the embedded engine chooses is tried on the sandbox. */

const ACTIVE: MetadataConfiguration = {
  tableBucketType: 'aws',
  tableBucketArn: 'arn:aws:s3tables:eu-west-1:123456789012:bucket/aws-s3',
  namespace: 'b_data',
  journal: { name: 'journal', status: 'ACTIVE', error: '' },
  liveInventory: { name: 'inventory', status: 'ACTIVE', error: '' },
};
const request: SourceRequest = {
  bucket: 'data',
  prefixes: [],
  timestamp: '2026-03-10T12:00:00Z',
  engine: 'athena',
  useMetadata: true,
};
const refuse = (code: 'ACCESS_DENIED' | 'BUCKET_NOT_FOUND') => () =>
  Promise.reject(new RunbookError(code, 'no.', { hint: 'allow it' }));
const calls = (change: Partial<SourceCalls> = {}): SourceCalls => ({
  readMetadataConfiguration: async () => ACTIVE,
  listConfigurations: async () => [],
  listFolders: async () => [],
  readText: async () => null,
  ...change,
});

test('S3 Metadata comes first on Athena', async () => {
  const { choice, considered } = await chooseSource(
    calls({ listConfigurations: refuse('ACCESS_DENIED') }),
    request,
  );
  expect(choice).toMatchObject({
    source: 's3-metadata',
    tables: { journal: ['s3tablescatalog/aws-s3', 'b_data', 'journal'] },
  });
  expect(considered.map(({ source, chosen }) => [source, chosen])).toEqual([
    ['s3-metadata', true],
    ['s3-inventory', false],
    ['listing', false],
  ]);
});

test.each<[string, Partial<SourceCalls>, Partial<SourceRequest>, RegExp]>([
  ['left out', {}, { useMetadata: false }, /--no-use-metadata/],
  ['the embedded engine', {}, { engine: 'embedded' }, /read by Athena/],
  ['none', { readMetadataConfiguration: async () => null }, {}, /no S3 Metadata configuration/],
  [
    'backfilling',
    {
      readMetadataConfiguration: async () => ({
        ...ACTIVE,
        liveInventory: { name: 'inventory', status: 'BACKFILLING', error: '' },
      }),
    },
    {},
    /backfilled/,
  ],
  ['not readable', { readMetadataConfiguration: refuse('ACCESS_DENIED') }, {}, /no \(allow it\)/],
])('S3 Metadata is passed over, and the reason is kept: %s', async (_, change, changed, reason) => {
  const { choice, considered } = await chooseSource(calls(change), { ...request, ...changed });
  expect(choice).toEqual({ source: 'listing' });
  expect(considered[0]).toMatchObject({
    source: 's3-metadata',
    chosen: false,
    reason: expect.stringMatching(reason),
  });
  expect(considered.at(-1)).toMatchObject({ source: 'listing', chosen: true });
});

test('what keeps from every source stops the choice', async () => {
  const gone = calls({ readMetadataConfiguration: refuse('BUCKET_NOT_FOUND') });
  await expect(chooseSource(gone, request)).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
});
