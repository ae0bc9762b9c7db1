import { hash } from 'node:crypto';
import { decodeKey, encodeKey } from '../s3/manifest.ts';

const MODULUS = 1n << 128n;

/**
 * What a set of rows comes to, whatever their order: the sum of their SHA-256, cut to 128 bits. Two sets of rows with
 * one sum are the same set, so a report of millions of tasks is held against its manifest in no memory to speak of.
 */
export type RowSum = { rows: number; sum: bigint };

export function noRows(): RowSum {
  return { rows: 0, sum: 0n };
}

/** Adds a row. @param encodedKey as it is spelled; both spellings of a key come to the same */
export function addRow(total: RowSum, bucket: string, encodedKey: string, versionId: string): void {
  const key = decodeKey(encodedKey);
  const name = JSON.stringify([bucket, key === null ? encodedKey : encodeKey(key), versionId]);
  total.rows += 1;
  total.sum = (total.sum + BigInt(`0x${hash('sha256', name).slice(0, 32)}`)) % MODULUS;
}

export function isSameSet(left: RowSum, right: RowSum): boolean {
  return left.rows === right.rows && left.sum === right.sum;
}
