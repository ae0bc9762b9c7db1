import { describe, expect, test } from 'vitest';
import { isToBePaused } from '../../src/freeze/lifecycle.ts';
import { freezesOf, MAX_POLICY_BYTES, parsePolicy, withFreeze } from '../../src/freeze/policy.ts';
import { parseFreezeSettings, type RawFreezeSettings } from '../../src/freeze/settings.ts';
import { freezeStatement, parseSid } from '../../src/freeze/statement.ts';
import { ID, NOW, ON_CALL } from './stage.ts';

const settingsOf = (raw: Partial<RawFreezeSettings>, earlierEnd: Date | null = null) =>
  parseFreezeSettings(
    { bucket: 'data', except: [ON_CALL], ...raw },
    { id: ID, partition: 'aws', now: NOW, earlierEnd },
  );
const statementOf = (raw: Partial<RawFreezeSettings> = {}, hasVariables = true) =>
  freezeStatement(settingsOf(raw), hasVariables);

/** One line an option that is refused. */
const REFUSED: [raw: Partial<RawFreezeSettings>, code: string, message: RegExp, hint: RegExp][] = [
  [{ except: [] }, 'INVALID_OPTION', /Nobody is excepted/, /--except .*--account/],
  [{ except: ['on-call'] }, 'INVALID_OPTION', /'on-call' is no ARN/, /arn:aws:iam::/],
  [{ except: ['*'] }, 'INVALID_OPTION', /no ARN/, /arn:aws:iam::/],
  [{ except: ['arn:aws:iam::111122223333:role/*'] }, 'INVALID_OPTION', /nearly everybody/, /name the role/],
  [{ except: ['arn:aws:iam::111122223333:role/*/*a*'] }, 'INVALID_OPTION', /nearly everybody/, /path/],
  [{ except: ['arn:aws:iam::*:role/on-call'] }, 'INVALID_OPTION', /no ARN/, /example/],
  [{ except: ['arn:aws:iam::111122223333:group/x'] }, 'INVALID_OPTION', /no ARN/, /example/],
  [
    { except: ['arn:aws:sts::111122223333:assumed-role/on-call/me@example.com'] },
    'INVALID_OPTION',
    /is a session/,
    /aws iam get-role --role-name on-call/,
  ],
  [{ except: [`${ON_CALL}"}}`] }, 'INVALID_OPTION', /no ARN/, /example/],
  [{ account: '1111-2222-3333' }, 'INVALID_OPTION', /12 digits/, /hyphens/],
  [{ bucket: 's3://data' }, 'INVALID_BUCKET', /'s3:\/\/data'/, /without s3/],
  [{ bucket: 'data--use1-az4--x-s3' }, 'INVALID_BUCKET', /directory bucket/, /general purpose/],
  [{ prefix: [''] }, 'INVALID_PREFIX', /empty/, /leave --prefix out/],
  [{ prefix: ['ü'.repeat(513)] }, 'INVALID_PREFIX', /longer/, /leave --prefix out/],
  [{ until: 'tomorrow' }, 'INVALID_TIMESTAMP', /'tomorrow'/, /2026-03-02T12:00:00Z/],
  [{ until: '2026-03-02T12:00:00' }, 'INVALID_TIMESTAMP', /Z or an offset/, /--until/],
  [{ until: '2026-02-31T99:00:00Z' }, 'INVALID_TIMESTAMP', /no|not/, /--until/],
  [{ until: '2026-03-01T11:59:59Z' }, 'INVALID_OPTION', /is over/, /--until 2026-03-02/],
];

test.each(REFUSED)('%j is refused', (raw, code, message, hint) => {
  expect(() => settingsOf(raw)).toThrow(
    expect.objectContaining({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    }),
  );
});

test.each([
  ['arn:aws:iam::111122223333:root'],
  ['arn:aws-us-gov:iam::111122223333:user/dept/alice@example.com'],
  ['arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_OnCall_*'],
])('%s can be excepted', (arn) => {
  expect(settingsOf({ except: [arn] }).except).toEqual([arn]);
});

test('the roles of rollbacks on AWS come from the account', () => {
  expect(settingsOf({ except: [], account: '111122223333' }).except).toEqual([
    'arn:aws:iam::111122223333:role/s3-rewind/rollback/*',
  ]);
});

test('the reminder is in a day, or stays where it is', () => {
  expect(settingsOf({}).until).toEqual(new Date('2026-03-02T12:00:00Z'));
  const later = new Date('2026-03-05T00:00:00Z');
  expect(settingsOf({}, later).until).toEqual(later);
  expect(settingsOf({}, new Date('2026-02-28T00:00:00Z')).until).toEqual(new Date('2026-03-02T12:00:00Z'));
});

describe('the statement', () => {
  test('is this one', () => {
    expect(statementOf({ prefix: ['a/', 'we*rd/'], until: '2026-03-02T14:00:00+02:00' })).toEqual({
      Sid: 'S3RewindFreeze0a1b2c3dUntil20260302T120000Z',
      Effect: 'Deny',
      Principal: '*',
      Action: [
        's3:DeleteBucket',
        's3:DeleteObject*',
        's3:PutBucketVersioning',
        's3:PutLifecycleConfiguration',
        's3:PutObject*',
        's3:ReplicateDelete',
        's3:ReplicateObject',
        's3:ReplicateTags',
        's3:UpdateObjectEncryption',
      ],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM.
      Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/a/*', 'arn:aws:s3:::data/we${*}rd/*'],
      Condition: {
        ArnNotLike: { 'aws:PrincipalArn': [ON_CALL] },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
      },
    });
  });

  test('has a Sid of letters and digits, which tells the freeze and its end', () => {
    const { Sid } = statementOf();
    expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
    expect(parseSid(Sid)).toEqual({ id: ID, until: '2026-03-02T12:00:00Z' });
    for (const other of ['S3RewindFreeze', `${Sid}x`, `x${Sid}`, '', undefined, 7])
      expect(parseSid(other)).toBeNull();
  });

  test('denies services too, on request', () => {
    expect(Object.keys(statementOf({ denyServices: true }).Condition)).toEqual(['ArnNotLike']);
  });
});

describe('the policy', () => {
  const filled = (bytes: number) => {
    const policy = { Version: '2012-10-17', Statement: [{ Sid: '', Effect: 'Allow' }] };
    const [statement] = policy.Statement;
    if (statement !== undefined) statement.Sid = 'x'.repeat(bytes - JSON.stringify(policy).length);
    return parsePolicy(JSON.stringify(policy));
  };
  const own = JSON.stringify(statementOf()).length + 1;

  test('may fill what S3 takes, to the byte', () => {
    expect(Buffer.byteLength(withFreeze(filled(MAX_POLICY_BYTES - own), statementOf()))).toBe(
      MAX_POLICY_BYTES,
    );
    expect(() => withFreeze(filled(MAX_POLICY_BYTES - own + 1), statementOf())).toThrow(
      expect.objectContaining({ code: 'POLICY_TOO_LARGE', message: expect.stringMatching(/20481 bytes/) }),
    );
  });

  test.each(['', '{', '[]', '{}', '{"Statement":[]}', '{"Statement":"x"}', 'null'])('%s is none', (text) => {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code: 'POLICY_UNREADABLE' }));
  });

  test('with a principal that is gone could not be written back', () => {
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: ['AROAEXAMPLEEXAMPLE01'] },
      Action: 's3:*',
      Resource: '*',
    };
    const policy = parsePolicy(JSON.stringify({ Statement: statement }));
    expect(() => withFreeze(policy, statementOf())).toThrow(
      expect.objectContaining({ code: 'POLICY_UNREADABLE', message: expect.stringMatching(/AROAEXAMPLE/) }),
    );
  });

  test('tells the freezes in it', () => {
    const policy = parsePolicy(withFreeze(parsePolicy(null), statementOf()));
    expect(freezesOf(policy)).toEqual([{ id: ID, until: '2026-03-02T12:00:00Z' }]);
  });
});

describe('a lifecycle rule', () => {
  const on = { Status: 'Enabled', Filter: { Prefix: 'a/' } };
  const days = { Days: 1 };
  /** One line a rule, the prefixes of the freeze, and whether it is paused. */
  const RULES: [name: string, rule: Record<string, unknown>, prefixes: string[], expected: boolean][] = [
    ['expires current versions', { ...on, Expiration: days }, [], true],
    ['expires noncurrent versions', { ...on, NoncurrentVersionExpiration: days }, [], true],
    ['removes lone markers', { ...on, Expiration: { ExpiredObjectDeleteMarker: true } }, [], true],
    ['moves versions', { ...on, Transitions: [days] }, [], true],
    ['moves noncurrent versions', { ...on, NoncurrentVersionTransitions: [days] }, [], true],
    ['ends uploads alone', { ...on, AbortIncompleteMultipartUpload: days, Transitions: [] }, [], false],
    ['is off', { ...on, Status: 'Disabled', Expiration: days }, [], false],
    ['is within the scope', { ...on, Expiration: days }, ['a'], true],
    ['is around the scope', { ...on, Expiration: days }, ['a/b/'], true],
    ['is beside the scope', { ...on, Expiration: days }, ['b/'], false],
    ['has an old prefix', { Status: 'Enabled', Prefix: 'b/', Expiration: days }, ['a/'], false],
    [
      'has several filters',
      { Status: 'Enabled', Filter: { And: { Prefix: 'a/' } }, Expiration: days },
      ['a/'],
      true,
    ],
    ['has a tag alone', { Status: 'Enabled', Filter: { Tag: { Key: 'k' } }, Expiration: days }, ['z/'], true],
  ];
  test.each(RULES)('that %s', (_name, rule, prefixes, expected) => {
    expect(isToBePaused(rule, prefixes)).toBe(expected);
  });
});
