import { hash } from 'node:crypto';
import {
  CHECKSUM_BYTES,
  type Checksum,
  type ChecksumAlgorithm,
  checksumOf,
  isChecksumAlgorithm,
} from '../checksums.ts';
import { bytesContent, type Content } from '../content.ts';
import { S3Error } from '../http/errors.ts';
import { element } from '../http/xml.ts';

type Headers = ReadonlyMap<string, string>;

/** What S3 computes by itself where a request names no algorithm ("Checking object integrity"). */
const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

/** The algorithm that a request names, in any of the headers that can name one. */
export function requestedAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const asked = headers.get('x-amz-checksum-algorithm') ?? headers.get('x-amz-sdk-checksum-algorithm');
  const named = asked?.toUpperCase();
  if (named !== undefined && isChecksumAlgorithm(named)) return named;
  return sentAlgorithm(headers);
}

/**
 * Checks the checksum and Content-MD5 that came with data, and answers the checksum that S3 keeps of it.
 * @throws S3Error BadDigest, InvalidDigest
 */
export function receivedChecksum(content: Content, headers: Headers): Checksum {
  assertNamedChecksum(headers);
  assertContentMd5(content.bytes ?? Buffer.alloc(0), headers);
  const algorithm = requestedAlgorithm(headers) ?? DEFAULT_ALGORITHM;
  const checksum = checksumOf(content, algorithm);
  const given = headers.get(headerName(algorithm));
  if (given !== undefined && given !== checksum.value) {
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  return checksum;
}

/**
 * Checks the digest that S3 asks of a request that must not arrive changed (API_DeleteObjects, API_PutObjectRetention
 * and others, Content-MD5).
 * @throws S3Error InvalidRequest, BadDigest, InvalidDigest
 */
export function assertDigest(body: Buffer, headers: Headers): void {
  if (!headers.has('content-md5') && sentAlgorithm(headers) === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  }
  receivedChecksum(bytesContent(body), headers);
}

/** An algorithm named for the SDK's sake comes with its checksum ("x-amz-sdk-checksum-algorithm", API_PutObject). */
function assertNamedChecksum(headers: Headers): void {
  const named = headers.get('x-amz-sdk-checksum-algorithm')?.toUpperCase();
  if (named === undefined || !isChecksumAlgorithm(named) || headers.has(headerName(named))) return;
  throw new S3Error('InvalidRequest', {
    message:
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
  });
}

/** The algorithm of the checksum that a request carries. */
export function sentAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  return Object.keys(CHECKSUM_BYTES)
    .filter(isChecksumAlgorithm)
    .find((algorithm) => headers.has(headerName(algorithm)));
}

function assertContentMd5(body: Buffer, headers: Headers): void {
  const given = headers.get('content-md5');
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16) throw new S3Error('InvalidDigest');
  if (Buffer.from(hash('md5', body), 'hex').toString('base64') !== given) throw new S3Error('BadDigest');
}

export function checksumHeaders(checksum: Checksum): Record<string, string> {
  return { [headerName(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** The elements `ChecksumCRC32` and the like, and `ChecksumType`. */
export function checksumElements(checksum: Checksum | undefined): string {
  if (checksum === undefined) return '';
  return element(`Checksum${checksum.algorithm}`, checksum.value) + element('ChecksumType', checksum.type);
}

function headerName(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}
