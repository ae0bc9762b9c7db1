import { parseBootstrapInputs, renderBootstrapTemplate } from '../../src/bootstrap/template.ts';
import { PLACE, type ResolvedStack, resolveTemplate } from '../../src/deploy/resolve-template.ts';
import { ROLLBACK_ID, templateOf } from '../plan/execution-matrix.ts';
import { documentOf, type Principal, principalOf } from './evaluate.ts';

/** Both stacks as they would stand in an account, and the names that the tables use. */

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;
export const RECORD = 'my-records';
export const BUCKETS = 'arn:aws:s3:::my-bucket,arn:aws:s3:::my-copy,arn:aws:s3:::team-*';
export const OTHER_ID = 'rb-other-20250830t020000z-ffffffff';

export async function bootstrapStack(
  raw: Partial<Parameters<typeof parseBootstrapInputs>[0]> = {},
  parameters: Record<string, string> = {},
): Promise<ResolvedStack> {
  const inputs = parseBootstrapInputs({ repository: 'my-org/my-repo', ...raw });
  return resolveTemplate(
    await renderBootstrapTemplate(inputs),
    { RollbackBuckets: BUCKETS, RecordBucketName: RECORD, ...parameters },
    { ...PLACE, stack: 's3-rewind' },
  );
}

export const BOUNDARY_ARN = 'arn:aws:iam::111122223333:policy/s3-rewind/bootstrap/s3-rewind-Boundary';

export async function rollbackStack(...args: Parameters<typeof templateOf>): Promise<ResolvedStack> {
  const parameters = { PlanDigest: DIGEST, RecordBucket: RECORD, BoundaryArn: BOUNDARY_ARN };
  return resolveTemplate(await templateOf(...args), parameters, { ...PLACE, stack: ROLLBACK_ID });
}

type RollbackRoles = { task: Principal; batch: Principal; stack: ResolvedStack };
const known = new Map<string, Promise<RollbackRoles>>();

/** The roles of a rollback, within the boundary; rendered once for each set of options. */
export function rollbackRoles(...args: Parameters<typeof templateOf>): Promise<RollbackRoles> {
  const name = JSON.stringify(args);
  const roles = known.get(name) ?? readRollbackRoles(...args);
  known.set(name, roles);
  return roles;
}

async function readRollbackRoles(...args: Parameters<typeof templateOf>): Promise<RollbackRoles> {
  const [stack, bootstrap] = await Promise.all([rollbackStack(...args), bootstrapStack()]);
  const boundary = documentOf(bootstrap, 'Boundary');
  return {
    stack,
    task: principalOf(stack, 'TaskRole', boundary),
    batch: principalOf(stack, 'BatchRole', boundary),
  };
}

/** What a role of a rollback bears, before and after its approval. */
export const UNAPPROVED = {
  'aws:PrincipalTag/s3-rewind:rollback': ROLLBACK_ID,
  'aws:PrincipalTag/s3-rewind:digest': DIGEST,
};
export const APPROVED = { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': DIGEST };
