import { expect, test } from 'vitest';
import { parsePage } from '../../src/inventory/listing/page.ts';
import { RetryableError } from '../../src/s3/retryable.ts';

const entry = (page: string) => parsePage(page).entries[0];

test('object versions and delete markers keep the order of the document', () => {
  const { entries, next } = parsePage(`<?xml version="1.0" encoding="UTF-8"?>
    <!-- spaces, comments and attributes mean nothing -->
    <ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Name>data</Name><Prefix/><KeyMarker></KeyMarker>
      <IsTruncated>true</IsTruncated><NextKeyMarker>b</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>
      <Version><Key>a</Key><VersionId>3</VersionId><IsLatest>true</IsLatest></Version>
      <DeleteMarker><Key>a</Key><VersionId>2</VersionId><IsLatest>false</IsLatest></DeleteMarker>
      <Version><Key>a</Key><VersionId>1</VersionId><IsLatest>false</IsLatest></Version>
    </ListVersionsResult>`);
  expect(entries.map((one) => [one.versionId, one.isLatest, one.isDeleteMarker])).toEqual([
    ['3', true, false],
    ['2', false, true],
    ['1', false, false],
  ]);
  expect(next).toEqual({ key: 'b', versionId: '2' });
});

test('fields in any order, beside elements that are passed over', () => {
  const xml = `<s3:ListVersionsResult xmlns:s3="x"><s3:IsTruncated>false</s3:IsTruncated><s3:Version>
    <s3:Owner><s3:ID>Key</s3:ID><s3:DisplayName>a &gt; b</s3:DisplayName></s3:Owner>
    <s3:StorageClass>GLACIER</s3:StorageClass><s3:Size>5368709121</s3:Size><s3:ETag>"abc-3"</s3:ETag>
    <s3:ChecksumAlgorithm>CRC32</s3:ChecksumAlgorithm><s3:RestoreStatus><s3:IsRestoreInProgress>false</s3:IsRestoreInProgress></s3:RestoreStatus>
    <s3:LastModified>2026-01-01T00:00:00.123Z</s3:LastModified><s3:IsLatest>true</s3:IsLatest><s3:Key>k</s3:Key></s3:Version></s3:ListVersionsResult>`;
  expect(entry(xml)).toEqual({
    key: 'k',
    versionId: 'null',
    isLatest: true,
    isDeleteMarker: false,
    size: '5368709121',
    lastModified: '2026-01-01T00:00:00.123Z',
    storageClass: 'GLACIER',
    eTag: 'abc-3',
  });
});

const withKey = (key: string, encoding = '') =>
  `<ListVersionsResult><Version><Key>${key}</Key><ETag>&quot;x&quot;</ETag></Version>${encoding}<IsTruncated>false</IsTruncated></ListVersionsResult>`;
const URL_ENCODING = '<EncodingType>url</EncodingType>';

test.each([
  ['a+b%2Bc%25%0A', URL_ENCODING, 'a b+c%\n'],
  ['a+b%20', '', 'a+b%20'],
  ['&lt;&amp;&#x1;&#10;&gt;&quot;&apos;&#x1F642;', '', '<&\u0001\n>"\'🙂'],
  ['%F0%9F%99%82/%E6%BC%A2', URL_ENCODING, '🙂/漢'],
])('the key %s %s is %j', (text, encoding, key) => {
  expect(entry(withKey(text, encoding))).toMatchObject({ key, eTag: 'x' });
});

test.each([
  ['%FF', URL_ENCODING],
  ['\ufffd', ''],
])('a key that is not UTF-8 (%s) is refused', (text, encoding) => {
  expect(() => parsePage(withKey(text, encoding))).toThrow(expect.objectContaining({ code: 'S3_FAILED' }));
});

test.each([
  '',
  '<html></html>',
  '<Error><Code>SlowDown</Code></Error>',
  withKey('a').slice(0, -5),
  withKey('a').slice(0, 40),
])('what is no whole listing is asked for again: %j', (text) => {
  expect(() => parsePage(text)).toThrow(RetryableError);
});
