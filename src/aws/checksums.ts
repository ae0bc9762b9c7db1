/** Fields of an answer that hold a checksum are named after the algorithm: `ChecksumCRC64NVME`. */
const FIELD = /^Checksum(?!Algorithm$|Type$)(?<name>[A-Z0-9]+)$/;

/** The checksums in an answer, by algorithm. */
export function checksumsOf(answer: object): Record<string, string> {
  const checksums: Record<string, string> = {};
  for (const [field, value] of Object.entries(answer)) {
    const name = FIELD.exec(field)?.groups?.name;
    if (name !== undefined && typeof value === 'string') checksums[name] = value;
  }
  return checksums;
}
