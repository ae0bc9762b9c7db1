import { readTemplate, renderTemplate, type TemplateHelper } from '../render/handlebars.ts';
import { iamScope } from '../render/iam.ts';
import { yamlScalar } from '../render/yaml.ts';
import { ROLLBACK_ROLE_PATH, ROLLBACK_TAGS } from '../s3/aws-names.ts';
import { RETENTION_MODES } from '../s3/retention.ts';
import { retentionIdPrefix } from './retention-plan-file.ts';
import { fingerprintOf, type RetentionRule, type RetentionSettings } from './settings.ts';

/** The policies of a role hold 10,240 characters ("IAM and AWS STS quotas"); the rest is for what is not scope. */
const MAX_SCOPE_CHARACTERS = 6_000;
/** More statements than this become one, which allows what any of them does. */
const MAX_STATEMENTS = 6;
const NAME_HASH_CHARACTERS = 8;

/** What a statement of the role allows: modes and the longest lock, under prefixes. */
type Allowance = { modes: readonly string[]; longestDays: number; prefixes: readonly string[] };

/** Name of the stack of some settings, and what its role is tagged with: other settings have another stack. */
export function settingsName(settings: RetentionSettings): string {
  const hash = fingerprintOf(settings).slice('sha256:'.length);
  return `${retentionIdPrefix(settings.bucket)}${hash.slice(0, NAME_HASH_CHARACTERS)}`;
}

const HELPERS: Record<string, TemplateHelper> = {
  yaml: yamlScalar,
  arnTail: (own, prefix) => `:s3:::${String(own)}/${String(prefix)}*`,
};

/** Renders the template of the stack of some settings: a function of the settings alone. */
export async function renderRetentionTemplate(settings: RetentionSettings): Promise<string> {
  const template = await readTemplate(new URL('../../templates/retention.yaml.hbs', import.meta.url));
  const { bucket } = settings;
  const name = settingsName(settings);
  const view = {
    name,
    bucket,
    description: `s3-rewind: keep the versions of ${bucket} under Object Lock`,
    roleDescription: `s3-rewind: S3 Batch Operations of ${name}`,
    rolePath: ROLLBACK_ROLE_PATH,
    idPrefix: retentionIdPrefix(bucket),
    tags: ROLLBACK_TAGS,
    locks: allowancesOf(settings).map(({ prefixes, ...rest }, index) => ({
      ...rest,
      number: String(index + 1),
      scope: iamScope(prefixes, MAX_SCOPE_CHARACTERS / MAX_STATEMENTS),
    })),
  };
  return renderTemplate(template, view, { helpers: HELPERS });
}

/** What the role may do for each rule. A rule for all other keys allows what it says on the whole bucket. */
function allowancesOf({ rules }: RetentionSettings): Allowance[] {
  const single = rules.map((rule) => ({
    modes: modesOf(rule),
    longestDays: rule.minimumRetentionDays + rule.extensionFrequencyDays,
    prefixes: rule.prefixes,
  }));
  if (single.length <= MAX_STATEMENTS) return single;
  return [
    {
      modes: RETENTION_MODES.filter((mode) => single.some(({ modes }) => modes.includes(mode))),
      longestDays: Math.max(...single.map(({ longestDays }) => longestDays)),
      prefixes: single.some(({ prefixes }) => prefixes.length === 0)
        ? []
        : single.flatMap(({ prefixes }) => prefixes),
    },
  ];
}

/** A lock that is there keeps its mode, so that a rule needs both, unless it converts GOVERNANCE. */
function modesOf({ mode, convertGovernance }: RetentionRule): readonly string[] {
  return convertGovernance ? [mode] : RETENTION_MODES;
}
