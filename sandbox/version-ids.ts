import type { SeededRandom } from './random.ts';

/** The version ID of an entry written while versioning was off or suspended. */
export const NULL_VERSION_ID = 'null';

const WELL_FORMED = /^(?:null|[A-Za-z0-9._]{32})$/;
const RANDOM_BYTES = 24;
const scratch = Buffer.alloc(RANDOM_BYTES);

/** Makes version IDs that look like S3's: 32 opaque characters that tell nothing of their order. */
export function makeVersionId(random: SeededRandom): string {
  for (let offset = 0; offset < RANDOM_BYTES; offset += 4) scratch.writeUInt32LE(random.uint32(), offset);
  return scratch.toString('base64url').replaceAll('-', '.');
}

/** Whether a text can be a version ID at all; S3 answers others with 400 InvalidArgument, not with 404. */
export function isWellFormedVersionId(text: string): boolean {
  return WELL_FORMED.test(text);
}
