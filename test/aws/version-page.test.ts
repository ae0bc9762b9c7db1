import { expect, test } from 'vitest';
import { parseVersionPage } from '../../src/aws/version-page.ts';
import { S3CallError } from '../../src/s3/call-error.ts';

const PAGE =
  '<?xml version="1.0"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>b+%2B</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>' +
  '<DeleteMarker><Owner><ID>x</ID><Key>not this</Key></Owner><Key>a%0A</Key><VersionId>m1</VersionId><IsLatest>true</IsLatest><LastModified>2025-08-22T11:01:01.000Z</LastModified></DeleteMarker>' +
  '<Version><Key>a%0A</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest><LastModified>2025-08-22T11:01:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size><StorageClass>STANDARD_IA</StorageClass></Version>' +
  '<Version><Key>b+%2B</Key><IsLatest>true</IsLatest><LastModified>2025-08-22T11:01:00.000Z</LastModified><ETag>e</ETag><Size>0</Size></Version>' +
  '</ListVersionsResult>';

test('a page keeps the order of its document, across versions and delete markers', () => {
  const marker = { size: null, eTag: null, storageClass: null };
  expect(parseVersionPage(PAGE)).toEqual({
    entries: [
      {
        ...marker,
        key: 'a\n',
        versionId: 'm1',
        isLatest: true,
        isDeleteMarker: true,
        lastModified: new Date('2025-08-22T11:01:01Z'),
      },
      {
        key: 'a\n',
        versionId: 'v2',
        isLatest: false,
        isDeleteMarker: false,
        size: 7,
        lastModified: new Date('2025-08-22T11:01:00Z'),
        eTag: 'e',
        storageClass: 'STANDARD_IA',
      },
      {
        key: 'b +',
        versionId: 'null',
        isLatest: true,
        isDeleteMarker: false,
        size: 0,
        lastModified: new Date('2025-08-22T11:01:00Z'),
        eTag: 'e',
        storageClass: null,
      },
    ],
    next: { keyMarker: 'b +', versionIdMarker: 'v1' },
  });
});

test('a page that was cut off says nothing of what it lacks: it is asked for again', () => {
  for (const length of [PAGE.length - 1, PAGE.indexOf('<Version>'), PAGE.indexOf('<DeleteMarker>') + 20]) {
    const failure = failureOf(PAGE.slice(0, length));
    expect(failure).toMatchObject({ code: 'CutOffListing', failure: 'transient' });
  }
});

test.each([
  ['another document', '<html></html>'],
  ['an entry without a key', PAGE.replace('<Key>b+%2B</Key>', '')],
  ['an entry without a time', PAGE.replaceAll(/<LastModified>[^<]*<\/LastModified>/g, '')],
  ['a key that is no UTF-8', PAGE.replace('<Key>b+%2B</Key>', '<Key>%ff</Key>')],
  ['no word on where it goes on', PAGE.replace('<NextKeyMarker>b+%2B</NextKeyMarker>', '')],
])('%s is refused', (_, document) => {
  expect(failureOf(document)).toMatchObject({ code: 'MalformedListing', failure: 'other' });
});

function failureOf(document: string): unknown {
  try {
    return parseVersionPage(document);
  } catch (error) {
    if (error instanceof S3CallError) return error;
    throw error;
  }
}
