// Lists a bucket in a process of its own, for the tests that kill it: node listing-child.ts ENDPOINT OUT
import process from 'node:process';
import { openS3Client } from '../../src/aws/client.ts';
import { openVersionLister } from '../../src/aws/list-versions.ts';
import { listBucket } from '../../src/inventory/listing.ts';

const [endpointUrl = '', out = ''] = process.argv.slice(2);
const client = openS3Client({ endpointUrl, region: 'us-east-1', forcePathStyle: true });
await listBucket(openVersionLister(client, 'data', { requesterPays: false }), {
  bucket: 'data',
  prefixes: [],
  endpoint: '',
  out,
  format: 'csv',
  concurrency: 4,
  resume: true,
  now: new Date(),
  progress: () => {},
  signal: new AbortController().signal,
});
