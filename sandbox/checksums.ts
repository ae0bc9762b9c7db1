import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Content } from './content.ts';

/** Checksum algorithms that the sandbox knows, with the length of a digest in bytes. */
export const CHECKSUM_BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;
export type ChecksumAlgorithm = keyof typeof CHECKSUM_BYTES;

export type Checksum = {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  /** Base64; a composite one ends with `-` and the number of parts. */
  readonly value: string;
};

export function isChecksumAlgorithm(text: string): text is ChecksumAlgorithm {
  return Object.hasOwn(CHECKSUM_BYTES, text);
}

/** A full-object checksum. Sized content has none to compute: a stand-in is derived from its identity. */
export function checksumOf(content: Content, algorithm: ChecksumAlgorithm): Checksum {
  const digest =
    content.bytes === undefined
      ? Buffer.from(hash('sha256', `${algorithm}:${content.identity}`), 'hex').subarray(
          0,
          CHECKSUM_BYTES[algorithm],
        )
      : digestOf(content.bytes, algorithm);
  return { algorithm, type: 'FULL_OBJECT', value: digest.toString('base64') };
}

/** A checksum of the parts' checksums, as S3 makes it for a multipart upload ("Checking object integrity"). */
export function compositeChecksum(parts: readonly Checksum[], algorithm: ChecksumAlgorithm): Checksum {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.value, 'base64')));
  return {
    algorithm,
    type: 'COMPOSITE',
    value: `${digestOf(digests, algorithm).toString('base64')}-${parts.length}`,
  };
}

function digestOf(bytes: Buffer, algorithm: ChecksumAlgorithm): Buffer {
  switch (algorithm) {
    case 'CRC32':
      return uint32(crc32(bytes));
    case 'CRC32C':
      return uint32(crc32c(bytes));
    case 'CRC64NVME':
      return crc64nvme(bytes);
    case 'SHA1':
      return Buffer.from(hash('sha1', bytes), 'hex');
    case 'SHA256':
      return Buffer.from(hash('sha256', bytes), 'hex');
  }
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer;
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC64_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  return [Number(value >> 32n), Number(value & 0xffffffffn)] as const;
});

/** CRC-64/NVME on two 32-bit halves: BigInt steps would cost a microsecond a byte. */
function crc64nvme(bytes: Buffer): Buffer {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const [tableHigh, tableLow] = CRC64_TABLE[(low ^ byte) & 0xff] ?? [0, 0];
    low = ((low >>> 8) | (high << 24)) ^ tableLow;
    high = (high >>> 8) ^ tableHigh;
  }
  return Buffer.concat([uint32(~high), uint32(~low)]);
}
