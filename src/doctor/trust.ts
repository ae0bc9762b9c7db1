import { z } from 'zod';
import type { RoleName } from './account-facts.ts';

/** Whom the roles should trust, as far as GitHub told. */
export type Trusted = {
  /** beginning of the subjects of the repository's tokens; null: not known, nothing is compared */
  prefix: string | null;
  repositoryId: number | null;
  branch: string | null;
  environment: string;
};

type Verdict = { status: 'ok' | 'warning' | 'problem'; found: string; fix: string };

const ISSUER = 'token.actions.githubusercontent.com';
const BY_TOKEN = 'sts:AssumeRoleWithWebIdentity';

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const conditions = z.record(z.string(), z.record(z.string(), texts));
const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts,
  Principal: z.union([z.string(), z.record(z.string(), texts)]),
  Condition: conditions.optional(),
});
const trustSchema = z.object({
  Statement: z.union([statementSchema, z.array(statementSchema)]).transform((value) => [value].flat()),
});
type Statement = z.infer<typeof statementSchema>;

/**
 * Whether a trust policy takes the tokens that this repository gets, and no others. It reads the conditions that the
 * bootstrap stack sets (`aud`, `sub`, `ref`, `repository_id`, compared as they stand), and says so of any other.
 */
export function checkTrust(role: RoleName, trust: unknown, trusted: Trusted): Verdict {
  const parsed = trustSchema.safeParse(trust);
  if (!parsed.success) return problem('its trust policy cannot be understood');
  const statements = parsed.data.Statement.filter(({ Effect }) => Effect === 'Allow');
  const [statement, ...others] = statements;
  if (statement === undefined) return problem('it trusts nobody');
  const stranger = statements.find((one) => !isForGitHub(one));
  if (stranger !== undefined)
    return problem(`it trusts others than GitHub: ${shorten(JSON.stringify(stranger.Principal))}`);
  if (others.length > 0) return problem('it has several statements, of which each lets somebody in');
  return checkConditions(role, statement, trusted);
}

function checkConditions(role: RoleName, { Condition = {} }: Statement, trusted: Trusted): Verdict {
  const equals = Condition.StringEquals ?? {};
  const subjects = equals[`${ISSUER}:sub`];
  if (subjects === undefined) {
    return problem('no condition StringEquals bounds the subject, so other repositories may be trusted');
  }
  if (equals[`${ISSUER}:aud`] === undefined) return problem('no condition bounds the audience');
  const others = subjects.filter((subject) => !isMeantFor(role, contextOf(subject), trusted));
  if (others[0] !== undefined) {
    const meant =
      role === 'start-jobs'
        ? `the environment ${trusted.environment}`
        : 'a branch or an environment of its own';
    return problem(`it trusts ${shorten(others[0])}, and is meant for ${meant} alone`);
  }
  const { prefix, repositoryId, branch } = trusted;
  const [ref] = equals[`${ISSUER}:ref`] ?? [];
  if (branch !== null && ref !== `refs/heads/${branch}`) {
    return problem(
      ref === undefined
        ? 'no condition bounds the branch'
        : `it trusts ${shorten(ref)}, not refs/heads/${branch}`,
    );
  }
  const ids = equals[`${ISSUER}:repository_id`];
  if (ids !== undefined && repositoryId !== null && !ids.includes(String(repositoryId))) {
    return problem(`it trusts the repository with the ID ${shorten(ids.join(', '))}, not ${repositoryId}`);
  }
  if (prefix === null) {
    return warning(`trusts ${shorten(subjects.join(', '))}; not compared with the tokens of a repository`);
  }
  if (!subjects.some((subject) => subject.startsWith(`${prefix}:`))) {
    return problem(
      `the tokens of this repository begin with ${prefix}, and it trusts ${shorten(subjects.join(', '))} alone`,
    );
  }
  const foreign = subjects.find((subject) => !isOfRepository(subject, prefix));
  if (foreign !== undefined) return problem(`it trusts ${shorten(foreign)} too, which is another repository`);
  if (ids === undefined) {
    return warning(
      `trusts ${shorten(subjects.join(', '))} by name alone: who takes over the name is trusted too`,
    );
  }
  return { status: 'ok', found: `trusts ${shorten(subjects.join(', '))}`, fix: '' };
}

function isForGitHub({ Action, Principal }: Statement): boolean {
  if (typeof Principal === 'string') return false;
  const { Federated = [], ...rest } = Principal;
  return (
    Object.keys(rest).length === 0 &&
    Federated.length > 0 &&
    Federated.every((arn) => arn.endsWith(`:oidc-provider/${ISSUER}`)) &&
    Action.every((action) => action === BY_TOKEN)
  );
}

/** What stands behind the repository: `ref:refs/heads/main`, `environment:s3-rewind`. Names hold no colon. */
function contextOf(subject: string): string {
  return subject.split(':').slice(2).join(':');
}

function isMeantFor(role: RoleName, context: string, { environment, branch }: Trusted): boolean {
  const gate = `environment:${environment.replaceAll(':', '%3A')}`.toLowerCase();
  const isGate = context.toLowerCase() === gate;
  if (role === 'start-jobs') return isGate;
  const isBranch =
    branch === null ? context.startsWith('ref:refs/heads/') : context === `ref:refs/heads/${branch}`;
  return !isGate && (isBranch || context.startsWith('environment:'));
}

/** Both forms of one repository: the names are the same, IDs stand behind an @. */
function isOfRepository(subject: string, prefix: string): boolean {
  const nameOf = (text: string) => (text.split(':')[1] ?? '').replaceAll(/@\d+/g, '').toLowerCase();
  return nameOf(subject) === nameOf(prefix);
}

const FIX =
  'write the template again with --repository-id and --owner-id, and deploy it: npm run --silent s3-rewind -- bootstrap --help';

function problem(found: string): Verdict {
  return { status: 'problem', found, fix: FIX };
}

function warning(found: string): Verdict {
  return { status: 'warning', found, fix: FIX };
}

const MAX_CHARACTERS = 300;

function shorten(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
