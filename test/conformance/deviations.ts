/** Servers that the suite is run against. */
export const SERVERS = ['sandbox', 'minio', 'ministack'] as const;
export type ServerName = (typeof SERVERS)[number];

type Deviations = Readonly<Record<string, string>>;

const SANDBOX: Deviations = {
  'a wrong secret is 403 SignatureDoesNotMatch':
    'Takes any signature; tests of wrong credentials put the access key on its list of denied ones.',
};

/** Seen with the MinIO of test/real-servers/versions.json. */
const MINIO: Deviations = {
  'times in a listing are whole seconds': 'Milliseconds.',
  'a listing goes on behind a version that was removed meanwhile':
    'Starts the key over, and so tells entries twice.',
  'a version-id marker without a key marker is refused': 'With 501 NotImplemented.',
  'HEAD of a delete marker by version ID tells its Last-Modified': 'It does not.',
  'a signature for another Region is 400 AuthorizationHeaderMalformed': 'Takes any Region.',
  'GetObjectAttributes tells ETag, size and class of a version':
    'Refuses the list of attributes as the AWS SDK for JavaScript writes it, with spaces: 400 InvalidArgument.',
  'a delete of a key that never was adds a marker': 'Answers 204 and adds none.',
  'a delete under a delete marker adds another': 'Answers 204 and keeps the one.',
  'DeleteObjects tells of each key what it did':
    'Does not say that a version it removed was a delete marker.',
  'a delete with another ETag is 412 and deletes nothing': 'Ignores the condition, and deletes.',
  'a delete that asks for any object is 412 under a delete marker': 'Ignores the condition: 204.',
  'a delete that asks for any object is 404 where none ever was': 'Ignores the condition: 204.',
  'a condition on a delete looks at the current version, whichever is named':
    'Ignores the condition, and removes the version.',
  'DeleteObjects checks an ETag for each key': 'Ignores the ETags, and deletes.',
  'a copy with another ETag at its destination is 412': 'Ignores the condition, and copies.',
  'a copy that asks for no object at its destination is 412 where there is one':
    'Ignores the condition, and copies.',
  'a copy keeps Expires': 'Loses it.',
  'a copy does not keep the storage class': 'Keeps it.',
  'a copy of a delete marker by version ID is 400 InvalidRequest': '405 MethodNotAllowed.',
  'a delete while versioning is suspended replaces the null version by a null marker':
    'Does so, and answers neither x-amz-version-id nor x-amz-delete-marker.',
  'an upload has the Last-Modified of its initiation': 'That of its completion.',
  'an upload goes below what was written after its initiation': 'It becomes current.',
  'a part copy says which version it came from': 'No x-amz-copy-source-version-id.',
  'a retained version cannot be removed, and its key can be deleted': 'Refuses with 400 InvalidRequest.',
  'COMPLIANCE can be made longer and not shorter': 'Refuses with 400 InvalidRequest.',
  'GOVERNANCE can be made longer and, without a bypass, not shorter': 'Refuses with 400 InvalidRequest.',
  'COMPLIANCE does not become GOVERNANCE, at a later date either': 'Refuses with 400 InvalidRequest.',
  'GOVERNANCE does not become COMPLIANCE without a bypass': 'Refuses with 400 InvalidRequest.',
  'GOVERNANCE is lifted by those who bypass it': 'Refuses others with 400 InvalidRequest.',
  'a legal hold keeps a version': 'Refuses with 400 InvalidRequest.',
  'a retention date in the past is refused': 'With 400 MalformedXML.',
  'a version without retention is NoSuchObjectLockConfiguration': 'With status 400.',
  'versioning cannot be suspended under Object Lock': 'Refuses with status 400.',
  'a bucket has SSE-S3 by default': '404 ServerSideEncryptionConfigurationNotFoundError.',
  'HEAD of an archived version tells its class, and no restore': 'Knows no such class: 400.',
  'a copy of an archived version is 403 InvalidObjectState': 'Knows no such class: 400.',
  'RestoreObject of an archived version is 202, and 409 while it is under way; HEAD tells so':
    'Knows no such class: 400.',
  'a copy whose source has the ETag is made, though it was modified since': 'Refuses it: 412.',
  'a range of a source of no more than 5 MiB is 400 InvalidRequest': 'Copies it.',
  'a part copy of a delete marker by version ID is 400 InvalidRequest': '405 MethodNotAllowed.',
  'a version that never had a legal hold has none to tell of': 'With status 400.',
  'DeleteObjects without a digest of its body is 400 InvalidRequest': '400 MissingContentMD5.',
  'DeleteObjects with another checksum than its body’s is 400, and deletes nothing': 'Deletes.',
  'an upload with retention and without a digest is 400 InvalidRequest': 'Takes it.',
  'PutObjectRetention without a digest of its body is 400 InvalidRequest':
    'Takes it, or names another reason.',
  'an upload of composite checksums is completed with those of its parts alone':
    'Refuses it as 400 InvalidPart.',
  'DeleteObjects takes 1,000 keys, and a page of a listing has 1,000 entries whatever is asked for':
    'Adds no delete marker to a key that never was, so that there is nothing to list.',
  'a page that is full tells its last entry as the next marker': 'Puts the name of a cache behind the key.',
  'an object has ten tags at most, of letters, numbers and + - = . _ : / @': 'Refuses letters beyond ASCII.',
};

/** Seen with the MiniStack of test/real-servers/versions.json. */
const MINISTACK: Deviations = {
  'times in a listing are whole seconds': 'Milliseconds.',
  'a listing goes on behind a version that was removed meanwhile':
    'Goes on with the next key: older versions of the marker’s key are left out.',
  'a version-id marker without a key marker is refused': 'Ignores it: 200.',
  'a page size of 0 is an empty page without a next one': 'Says that there is a next page.',
  'encoding-type=url encodes keys, a space as a plus sign, and says so':
    'Ignores it, and does not name an encoding in its answer.',
  'an unknown encoding type is refused': 'Ignores it: 200.',
  'keys that XML must escape come back as they were':
    'Writes a carriage return as it is, which an XML reader takes for a line feed.',
  'GET of a text that is no version ID is 400 InvalidArgument': '404 NoSuchVersion.',
  'GetObjectAttributes tells ETag, size and class of a version': 'No StorageClass.',
  'an unsigned request is 403 AccessDenied': 'Answers it.',
  'a wrong secret is 403 SignatureDoesNotMatch': 'Takes any signature.',
  'a signature for another Region is 400 AuthorizationHeaderMalformed': 'Takes any signature.',
  'DeleteObjects takes keys that XML must escape':
    'Writes a carriage return as it is, which an XML reader takes for a line feed.',
  'DeleteObjects of more than 1,000 keys is MalformedXML': 'Takes them.',
  'a delete that asks for any object is 412 under a delete marker': '404 NoSuchKey.',
  'a copy with another ETag at its destination is 412': 'Ignores the condition, and copies.',
  'a copy that asks for no object at its destination is 412 where there is one':
    'Ignores the condition, and copies.',
  'a copy does not keep the storage class': 'Keeps it.',
  'a copy of a delete marker by version ID is 400 InvalidRequest': '404 NoSuchVersion.',
  'a copy of an object onto itself unchanged is 400 InvalidRequest': 'Copies it.',
  'an upload has the Last-Modified of its initiation': 'That of its completion.',
  'an upload goes below what was written after its initiation': 'It becomes current.',
  'a multipart object copied in one piece has a plain ETag': 'Keeps the ETag of the upload.',
  'a small part that is not the last is EntityTooSmall': 'Takes it.',
  'parts out of order are InvalidPartOrder': 'Takes them.',
  'a retention date in the past is refused': 'Takes it.',
  'GOVERNANCE does not become COMPLIANCE without a bypass': 'It does.',
  'versioning cannot be suspended under Object Lock': 'Suspends it.',
  'a copy of an archived version is 403 InvalidObjectState': 'Copies it.',
  'RestoreObject of an archived version is 202, and 409 while it is under way; HEAD tells so':
    'Archived data is at hand: 403 ObjectAlreadyInActiveTierError.',
  'a range of a source of no more than 5 MiB is 400 InvalidRequest': 'Copies it.',
  'a part copy of a delete marker by version ID is 400 InvalidRequest': '404 NoSuchVersion.',
  'a copy gets the default retention of its bucket, not its source’s': 'Keeps its source’s.',
  'DeleteObjects without a digest of its body is 400 InvalidRequest': 'Deletes.',
  'DeleteObjects with another checksum than its body’s is 400, and deletes nothing': 'Deletes.',
  'an upload with retention and without a digest is 400 InvalidRequest': 'Takes it.',
  'PutObjectRetention without a digest of its body is 400 InvalidRequest': 'Takes it.',
  'an upload of composite checksums is completed with those of its parts alone': 'Completes it without.',
  'a key has 1,024 bytes at most': 'Takes longer ones.',
  'DeleteObjects takes 1,000 keys, and a page of a listing has 1,000 entries whatever is asked for':
    'Lists as many as are asked for.',
  'a page that is full tells its last entry as the next marker': 'Does not encode it.',
  'a key with characters that XML cannot carry is listed under encoding-type=url': 'Does not encode it.',
  'user metadata has 2 KiB at most': 'Takes more.',
  'an object has ten tags at most, of letters, numbers and + - = . _ : / @': 'Takes other characters.',
  'a lifecycle rule that does nothing is refused': 'Takes it.',
};

/**
 * What each server is known to do otherwise than S3: the name of a case, and what was seen. A case that is listed and
 * passes is reported too.
 */
export const DEVIATIONS: Record<ServerName, Deviations> = {
  sandbox: SANDBOX,
  minio: MINIO,
  ministack: MINISTACK,
};
