import type { Fault, FaultEffect } from './faults.ts';

type Fields = ReadonlyMap<string, string>;

/** Effects by the name that the command line has for them, and what each does. */
const EFFECTS: Readonly<Record<string, { says: string; make: (fields: Fields) => FaultEffect }>> = {
  'slow-down': { says: '503 SlowDown', make: () => 'slow-down' },
  'internal-error': { says: '500 InternalError', make: () => 'internal-error' },
  'service-unavailable': { says: '503 ServiceUnavailable', make: () => 'service-unavailable' },
  error: {
    says: 'any refusal: code=AccessDenied status=403',
    make: (fields) => ({
      error: { code: fields.get('code') ?? 'AccessDenied', status: number(fields, 'status', 599) ?? 403 },
    }),
  },
  reset: { says: 'the connection breaks, and nothing was done', make: () => 'reset' },
  'reset-after': {
    says: 'the connection breaks when all was done: the answer is lost',
    make: () => 'reset-after',
  },
  delay: {
    says: 'a slow answer: ms=2000',
    make: (fields) => ({ delayMs: number(fields, 'ms', 600_000) ?? 1000 }),
  },
  'copy-200-error': {
    says: 'a copy answers 200 with an error inside, and has copied nothing',
    make: () => 'copy-200-error',
  },
  'delete-error': {
    says: 'one key fails inside a DeleteObjects that succeeds: code=InternalError',
    make: (fields) => ({ deleteError: { code: fields.get('code') ?? 'InternalError' } }),
  },
  'writer-puts': { says: 'somebody else writes the key right before', make: () => 'writer-puts' },
  'writer-deletes': { says: 'somebody else deletes the key right before', make: () => 'writer-deletes' },
  'suspend-versioning': {
    says: 'somebody else suspends versioning of the bucket right before',
    make: () => 'suspend-versioning',
  },
};

/** Fields that every effect takes. */
const FIELDS: Readonly<Record<string, string>> = {
  operation: "S3's name of the operation, or several with commas; default: every one",
  bucket: 'name of the bucket',
  key: 'the key, percent-encoded where it has spaces',
  match: 'a regular expression for the key',
  after: 'how many matching requests pass unharmed first',
  times: 'how often it happens; default: always',
  chance: 'from 0 to 1; below 1, the same request is struck twice at most',
};
const OWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  error: ['code', 'status'],
  delay: ['ms'],
  'delete-error': ['code'],
};

/**
 * Reads a fault as the command line has it: the effect, then fields such as `operation=CopyObject times=3`.
 * @throws TypeError that names what is allowed
 */
export function parseFault(text: string): Fault {
  const [name = '', ...words] = text.trim().split(/\s+/);
  const effect = Object.hasOwn(EFFECTS, name) ? EFFECTS[name] : undefined;
  if (effect === undefined) {
    throw new TypeError(`There is no fault '${name}'. There are: ${Object.keys(EFFECTS).join(', ')}.`);
  }
  const known = [...Object.keys(FIELDS), ...(OWN_FIELDS[name] ?? [])];
  const fields = new Map<string, string>();
  for (const word of words) {
    const [, field = word, value = ''] = /^([a-z]+)=(.+)$/s.exec(word) ?? [];
    if (!known.includes(field) || value === '') {
      throw new TypeError(`'${word}' is no field of ${name}. Fields: ${known.join('=…, ')}=….`);
    }
    fields.set(field, value);
  }
  return { ...conditions(fields), effect: effect.make(fields) };
}

/** The effects and fields, for the help text. */
export function explainFaults(): string {
  const effects = Object.entries(EFFECTS).map(([name, { says }]) => `  ${name.padEnd(20)} ${says}`);
  const fields = Object.entries(FIELDS).map(([name, says]) => `  ${`${name}=`.padEnd(20)} ${says}`);
  return `${effects.join('\n')}\n\nwith any of these fields behind it:\n${fields.join('\n')}\n`;
}

/** A fault in a few words, for who watches. */
export function nameEffect(effect: FaultEffect): string {
  if (typeof effect === 'string') return effect;
  if ('delayMs' in effect) return `delay ${effect.delayMs} ms`;
  return 'error' in effect ? effect.error.code : `delete-error ${effect.deleteError.code}`;
}

function conditions(fields: Fields): Omit<Fault, 'effect'> {
  const [operation, bucket, key, match] = ['operation', 'bucket', 'key', 'match'].map((name) =>
    fields.get(name),
  );
  const [after, times] = ['after', 'times'].map((name) => number(fields, name, 1_000_000_000));
  const chance = fields.get('chance');
  if (key !== undefined && match !== undefined) throw new TypeError('Either key=… or match=…, not both.');
  if (chance !== undefined && !(Number(chance) >= 0 && Number(chance) <= 1)) {
    throw new TypeError(`chance=${chance} is not a number from 0 to 1.`);
  }
  return {
    ...(operation !== undefined && { operation: operation.split(',') }),
    ...(bucket !== undefined && { bucket }),
    ...(key !== undefined && { key: decodeURIComponent(key) }),
    ...(match !== undefined && { key: new RegExp(match, 'u') }),
    ...(after !== undefined && { after }),
    ...(times !== undefined && { times }),
    ...(chance !== undefined && Number(chance) < 1 && { probability: Number(chance) }),
  };
}

function number(fields: Fields, name: string, maximum: number): number | undefined {
  const text = fields.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > maximum) {
    throw new TypeError(`${name}=${text} is not a whole number from 0 to ${maximum}.`);
  }
  return Number(text);
}
