import { expect, test } from 'vitest';
import { entryName, parseDeleteResult } from '../../src/aws/delete-objects.ts';

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

test('each entry has its answer, also a key that is in the request once per version', () => {
  const { deleted, failed } = parseDeleteResult(
    `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult ${NAMESPACE}>` +
      '<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m1</DeleteMarkerVersionId></Deleted>\n' +
      '<Deleted><Key>&lt;b&gt; &amp;&#x0A;</Key><VersionId>v1</VersionId></Deleted>' +
      '<Error><Key>a</Key><VersionId>v2</VersionId><Code>SlowDown</Code><Message>Reduce &quot;it&quot;</Message></Error>' +
      '<Deleted><Key></Key><Owner><Key>deeper</Key></Owner><Unknown/></Deleted><RequestCharged/></DeleteResult>',
  );
  expect([...deleted]).toEqual([
    [entryName('a', undefined), { addedMarkerId: 'm1' }],
    [entryName('<b> &\n', 'v1'), { addedMarkerId: null }],
    [entryName('', undefined), { addedMarkerId: null }],
  ]);
  expect([...failed]).toEqual([[entryName('a', 'v2'), { code: 'SlowDown', message: 'Reduce "it"' }]]);
});

test('an empty answer answers for no entry', () => {
  expect(parseDeleteResult(`<DeleteResult ${NAMESPACE}/>`).deleted.size).toBe(0);
  expect(parseDeleteResult(`<DeleteResult ${NAMESPACE}></DeleteResult>`).deleted.size).toBe(0);
});

test.each([
  ['cut off', `<DeleteResult ${NAMESPACE}><Deleted><Key>a</Key></Deleted>`],
  ['cut off inside a tag', `<DeleteResult ${NAMESPACE}><Deleted><Key>a</Key></Deleted></Delete`],
  ['of another kind', '<html><body>504</body></html>'],
  ['empty', ''],
])('an answer that is %s leaves open what was carried out', (_, document) => {
  expect(() => parseDeleteResult(document)).toThrow(
    expect.objectContaining({ code: 'CutOffAnswer', failure: 'transient' }),
  );
});
