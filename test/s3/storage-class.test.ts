import { describe, expect, it } from 'vitest';
import { parseStorageClassChoice, STORAGE_CLASS_CHOICES } from '../../src/s3/storage-class.ts';

describe('parseStorageClassChoice', () => {
  it.each(STORAGE_CLASS_CHOICES.map((choice) => [choice]))('%s', (choice) => {
    expect(parseStorageClassChoice(choice)).toBe(choice);
  });

  it.each([
    ['standard', 'STANDARD'],
    ['Glacier_IR', 'GLACIER_IR'],
  ])('%s is %s', (text, choice) => {
    expect(parseStorageClassChoice(text)).toBe(choice);
  });

  // OUTPOSTS, SNOW and EXPRESS_ONEZONE are storage classes, but nothing is copied into them here.
  it.each([
    '',
    'FROZEN',
    'GLACIER-IR',
    'AS-SOURCE',
    'OUTPOSTS',
    'SNOW',
    'EXPRESS_ONEZONE',
    ' STANDARD',
    "STANDARD'",
  ])('%j is refused', (text) => {
    expect(() => parseStorageClassChoice(text)).toThrow(
      expect.objectContaining({
        code: 'INVALID_STORAGE_CLASS',
        message: `'${text}' is not a storage class that objects are copied into.`,
        hint: `use one of: ${STORAGE_CLASS_CHOICES.join(', ')}`,
      }),
    );
  });
});
