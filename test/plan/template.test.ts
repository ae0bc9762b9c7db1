import { describe, expect, test } from 'vitest';
import { asObject, PLACE, parseTemplate, resolveTemplate } from '../../src/deploy/resolve-template.ts';
import { RunbookError } from '../../src/errors.ts';
import { BOUNDARY_ARN, DIGEST, RECORD, rollbackStack } from '../iam/stacks.ts';
import { executionMatrix, KMS_KEY_ARN, templateOf } from './execution-matrix.ts';
import { TASK_CODE } from './task-code-fixture.ts';

const PARAMETERS = { PlanDigest: DIGEST, RecordBucket: RECORD, BoundaryArn: BOUNDARY_ARN };
const ATHENA = { InventoryLocation: 's3://inv/a/', QueryResultLocation: 's3://res/b/' };

describe('the code of the task function', () => {
  /** One line a text that YAML could take for something else. */
  test.each([
    ['the fixture', TASK_CODE],
    ['a first line that is indented', '  x();\ny();'],
    ['trailing spaces and empty lines', 'a  \n\n\nb'],
    ['a document mark', '---\n...\n%YAML 9'],
    ['a byte order mark and C1 controls', 'a\ufeff\u0085\u2028b'],
    ['line ends of Windows', 'a\r\nb'],
  ])('comes through unchanged but for blank lines at its end: %s', async (_name, code) => {
    const stack = resolveTemplate(await templateOf({}, { taskCode: code }), PARAMETERS);
    const { Code } = asObject(stack.resources.TaskFunction?.properties ?? null);
    expect(String(asObject(Code ?? null).ZipFile).trimEnd()).toBe(code.trimEnd());
  });

  test('stands in the template line by line, for the one who reviews it', async () => {
    const template = await templateOf({}, { taskCode: 'first();\nsecond();' });
    expect(template).toContain('\n          first();\n          second();\n');
  });
});

describe('the size of a template', () => {
  test('queries give way before the rest grows out of a request; code does not count', async () => {
    const queries = [{ name: '01_scan', text: 'x'.repeat(60_000) }];
    expect(await templateOf({}, { queries })).not.toContain('AWS::Athena::NamedQuery');
    const withCode = await templateOf({}, { taskCode: `// ${'x'.repeat(200_000)}` });
    expect(withCode).toContain('AWS::Athena::NamedQuery');
  });

  test('more than CloudFormation takes is refused', async () => {
    const refusal = templateOf({}, { taskCode: `// ${'x'.repeat(1_000_000)}` });
    await expect(refusal).rejects.toThrow(RunbookError);
    await expect(refusal).rejects.toMatchObject({ code: 'TEMPLATE_TOO_LARGE' });
  });
});

describe('the stack of a rollback', () => {
  test('has the Athena side where the inventory lies on S3, the execution side in any case', async () => {
    const types = (parameters: object) =>
      templateOf({}).then((text) =>
        Object.values(resolveTemplate(text, { ...PARAMETERS, ...parameters }).resources).map(
          ({ type }) => type,
        ),
      );
    expect(await types(ATHENA)).toContain('AWS::Athena::WorkGroup');
    const without = await types({});
    expect(without.filter((type) => /Athena|Glue/.test(type))).toEqual([]);
    expect(without).toContain('AWS::Lambda::Version');
  });

  test('tags everything that can bear a tag', async () => {
    const stack = resolveTemplate(await templateOf({}), {
      ...PARAMETERS,
      ...ATHENA,
      Repository: 'o/r',
      RunId: '7',
    });
    for (const id of ['TaskRole', 'BatchRole', 'TaskFunction', 'TaskLog', 'WorkGroup']) {
      expect(stack.resources[id]?.properties.Tags, id).toContainEqual({
        Key: 's3-rewind:digest',
        Value: DIGEST,
      });
      expect(stack.resources[id]?.properties.Tags, id).toContainEqual({
        Key: 's3-rewind:run',
        Value: '7',
      });
    }
  });

  test.each(['aws', 'aws-cn', 'aws-us-gov'])('keeps to the partition %s', async (partition) => {
    const template = await templateOf({ prefix: ['data/'] }, { copyWith: 's3-batch-copy' });
    const boundary = BOUNDARY_ARN.replace('arn:aws:', `arn:${partition}:`);
    const stack = resolveTemplate(
      template,
      { ...PARAMETERS, BoundaryArn: boundary },
      { ...PLACE, partition },
    );
    const found = JSON.stringify(stack).match(/arn:[a-z-]+:/g) ?? [];
    expect([...new Set(found)]).toEqual([`arn:${partition}:`]);
  });

  test('reserved concurrency is 15 unless it is given, and nothing where it is empty', async () => {
    const template = await templateOf({});
    const reserved = (parameters: Record<string, string>) =>
      resolveTemplate(template, { ...PARAMETERS, ...parameters }).resources.TaskFunction?.properties
        .ReservedConcurrentExecutions;
    expect(reserved({})).toBe('15');
    expect(reserved({ ReservedConcurrency: '3' })).toBe('3');
    expect(reserved({ ReservedConcurrency: '' })).toBeUndefined();
  });

  test('tells which statement a key needs, for the roles that copy and no other', async () => {
    const statement = async (...args: Parameters<typeof templateOf>) => {
      const { outputs } = await rollbackStack(...args);
      const text = outputs.KmsKeyPolicyStatement;
      return text === undefined
        ? null
        : (JSON.parse(String(text)) as { Principal: { AWS: string[] } }).Principal.AWS;
    };
    const key = { kmsKeyArn: KMS_KEY_ARN };
    expect(await statement(key, { scenarios: ['1', '2'] })).toBeNull();
    expect(await statement(key, { scenarios: ['3b'] })).toEqual([expect.stringMatching(/TaskRole$/)]);
    expect(await statement(key, { scenarios: ['3a'] })).toEqual([expect.stringMatching(/TaskRole$/)]);
    // The task function copies what S3's own job finds in an archive.
    expect(await statement(key, { scenarios: ['3b'], copyWith: 's3-batch-copy' })).toEqual([
      expect.stringMatching(/TaskRole$/),
      expect.stringMatching(/BatchRole$/),
    ]);
  });

  test('a digest, bucket or boundary that is none is refused by CloudFormation', async () => {
    const template = await templateOf({});
    for (const wrong of [
      { PlanDigest: 'sha256:x' },
      { RecordBucket: 'A' },
      { BoundaryArn: 'arn:aws:iam::aws:policy/X' },
    ]) {
      expect(() => resolveTemplate(template, { ...PARAMETERS, ...wrong })).toThrow('does not fit');
    }
  });

  test('every combination of options is a template', async () => {
    const matrix = await executionMatrix();
    expect(matrix.length).toBeGreaterThan(30);
    for (const { template } of matrix) expect(parseTemplate(template)).toHaveProperty('Resources');
  });
});
