/** Inventories that cannot serve, made from one of `a`, locked for five days, and `b`. */
export const REFUSED_INVENTORIES: [what: string, change: (text: string) => string, code: string][] = [
  [
    'lacks the Object Lock fields',
    (text) =>
      text.replace(
        /^(.*),object_lock_retain_until_date,object_lock_mode,(\S+)$/m,
        '$1,object_owner,checksum_algorithm,$2',
      ),
    'INVENTORY_COLUMN_MISSING',
  ],
  [
    'has a mode that is none',
    (text) => text.replace(',COMPLIANCE,', ',compliant,'),
    'INVENTORY_ROW_MALFORMED',
  ],
  [
    'has a date that is none',
    (text) => text.replace(/2026-\d\d-\d\dT03:00:00.000Z,COMPLIANCE/, 'soon,COMPLIANCE'),
    'INVENTORY_ROW_MALFORMED',
  ],
  [
    'has an infinite date',
    (text) => text.replace(/2026-\d\d-\d\dT03:00:00.000Z,COMPLIANCE/, 'infinity,COMPLIANCE'),
    'INVENTORY_ROW_MALFORMED',
  ],
  [
    'has a mode without a date',
    (text) => text.replace(/2026-\d\d-\d\dT03:00:00.000Z,COMPLIANCE/, ',COMPLIANCE'),
    'INVENTORY_ROW_MALFORMED',
  ],
  [
    'is of another bucket',
    (text) => text.replaceAll('\nlocked,', '\nanother-bucket,'),
    'INVENTORY_FOREIGN_BUCKET',
  ],
  ['has a row twice', (text) => `${text}${text.trimEnd().split('\n').at(-1)}\n`, 'INVENTORY_INCONSISTENT'],
];
