import { readFile } from 'node:fs/promises';
import canonicalize from 'canonicalize';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import { parsePrefixes } from '../plan/inputs.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { MAX_RETENTION_DAYS, MIN_RETENTION_DAYS, RETENTION_MODES } from '../s3/retention.ts';

/**
 * The settings of an extension: what a person reviews once, and what later runs may go by without asking again. They
 * come from a configuration file, or from options, which make one rule.
 */

const MAX_INTERVAL_DAYS = 365;
const MAX_RULES = 100;
const DEFAULT_INTERVAL_DAYS = 7;

const days = z.int().min(MIN_RETENTION_DAYS).max(MAX_RETENTION_DAYS);

const ruleSchema = z.strictObject({
  prefixes: z
    .array(z.string())
    .default([])
    .describe('keys that start with one of these, taken literally; none: all that no other rule names'),
  minimumRetentionDays: days,
  extensionFrequencyDays: days.describe('a multiple of scheduleIntervalDays'),
  mode: z.enum(RETENTION_MODES).default('COMPLIANCE').describe('of versions that have no lock yet'),
  convertGovernance: z
    .boolean()
    .default(false)
    .describe('turn GOVERNANCE into COMPLIANCE where a version is extended'),
  skipLegalHoldOnly: z
    .boolean()
    .default(false)
    .describe('leave versions alone that have a legal hold and no retention'),
});
export type RetentionRule = z.infer<typeof ruleSchema>;

export const settingsSchema = z.strictObject({
  bucket: z.string(),
  scheduleIntervalDays: z.int().min(1).max(MAX_INTERVAL_DAYS).default(DEFAULT_INTERVAL_DAYS),
  rules: z.array(ruleSchema).min(1).max(MAX_RULES),
  budgetTasks: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('versions that a run may extend without a review'),
  budgetUsd: z.number().min(0).nullable().default(null).describe('what a run may cost without a review'),
});
export type RetentionSettings = z.infer<typeof settingsSchema>;

/** The options as they are typed. */
export type RawRetentionOptions = {
  config?: string;
  bucket?: string;
  prefix?: string[];
  minimumRetentionDays?: string;
  extensionFrequencyDays?: string;
  scheduleIntervalDays?: string;
  mode?: string;
  convertGovernance?: boolean;
  skipLegalHoldOnly?: boolean;
  budgetTasks?: string;
  budgetCost?: string;
};

/** Options that a configuration file takes the place of. */
const RULE_OPTIONS = [
  'prefix',
  'minimumRetentionDays',
  'extensionFrequencyDays',
  'scheduleIntervalDays',
  'mode',
  'convertGovernance',
  'skipLegalHoldOnly',
  'budgetTasks',
  'budgetCost',
] as const satisfies (keyof RawRetentionOptions)[];

/**
 * Makes the settings from options or the configuration file that they name.
 * @throws RunbookError INVALID_RETENTION, INVALID_OPTION, INVALID_BUCKET, INVALID_PREFIX
 */
export async function readSettings(options: RawRetentionOptions): Promise<RetentionSettings> {
  if (options.config === undefined) return checkSettings(fromOptions(options), 'The options');
  const given = RULE_OPTIONS.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new RunbookError('INVALID_OPTION', `${flagOf(given)} and --config exclude each other.`, {
      hint: 'put it into the configuration file, or leave --config out',
    });
  }
  const settings = parseSettings(await readConfig(options.config), options.config);
  if (options.bucket === undefined || options.bucket === settings.bucket) return settings;
  throw new RunbookError(
    'INVALID_OPTION',
    `--bucket names '${options.bucket}', ${options.config} '${settings.bucket}'.`,
    { hint: 'leave --bucket out, or name the configuration file of that bucket' },
  );
}

/** @param source what the text came from, for the message @throws RunbookError INVALID_RETENTION, … */
export function parseSettings(text: string, source: string): RetentionSettings {
  // JSON is YAML.
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw invalid(`${source} is not YAML: ${problem.message.split('\n')[0]}`);
  try {
    return checkSettings(document.toJS({ maxAliasCount: 0 }), source);
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw invalid(`${source} has an alias: write it out`);
  }
}

/** What a review was given for: the same settings have the same fingerprint. */
export function fingerprintOf(settings: RetentionSettings): string {
  return sha256OfText(canonicalize(settings) ?? '');
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(`${path} cannot be read: ${(cause as Error).message}`);
  }
}

function checkSettings(value: unknown, source: string): RetentionSettings {
  const parsed = settingsSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
    throw invalid(`${source}: ${problems.slice(0, 5).join('; ')}`);
  }
  const settings = parsed.data;
  const rules = settings.rules.map((rule) => checkRule(rule, settings.scheduleIntervalDays));
  const prefixes = rules.flatMap((rule) => (rule.prefixes.length === 0 ? [''] : rule.prefixes));
  const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index);
  if (twice !== undefined) {
    const what = twice === '' ? 'all other keys' : `the prefix '${twice}'`;
    throw invalid(`${source}: two rules are for ${what}`);
  }
  return { ...settings, bucket: parseBucketName(settings.bucket), rules };
}

function checkRule(rule: RetentionRule, interval: number): RetentionRule {
  const { minimumRetentionDays: minimum, extensionFrequencyDays: frequency } = rule;
  if (frequency % interval !== 0) {
    const below = Math.floor(frequency / interval) * interval;
    const near = below === 0 ? `${interval}` : `${below} or ${below + interval}`;
    throw invalid(
      `an extension frequency of ${frequency} days is no multiple of the schedule's interval of ${interval} days`,
      `use ${near} days; a version is looked at once an interval, so it cannot be extended in between`,
    );
  }
  if (minimum + frequency > MAX_RETENTION_DAYS) {
    throw invalid(
      `${minimum} + ${frequency} days lie beyond the ${MAX_RETENTION_DAYS} days (100 years) that S3 takes`,
    );
  }
  if (rule.convertGovernance && rule.mode !== 'COMPLIANCE') {
    throw invalid('convert-governance makes no sense with the mode GOVERNANCE');
  }
  return { ...rule, prefixes: parsePrefixes(rule.prefixes) };
}

function fromOptions(options: RawRetentionOptions): unknown {
  const { bucket, minimumRetentionDays, extensionFrequencyDays, budgetCost } = options;
  if (!bucket || !minimumRetentionDays || !extensionFrequencyDays) {
    throw new RunbookError(
      'INVALID_OPTION',
      'extend-retention needs --bucket, --minimum-retention-days and --extension-frequency-days, or --config.',
      { hint: 'examples: npm run --silent s3-rewind -- extend-retention --help' },
    );
  }
  if (options.mode !== undefined && !RETENTION_MODES.some((mode) => mode === options.mode)) {
    throw invalid(`--mode '${options.mode}' is neither of ${RETENTION_MODES.join(', ')}`);
  }
  return {
    bucket,
    ...(options.scheduleIntervalDays !== undefined && {
      scheduleIntervalDays: parseWhole(options.scheduleIntervalDays, 'scheduleIntervalDays'),
    }),
    ...(options.budgetTasks !== undefined && { budgetTasks: parseWhole(options.budgetTasks, 'budgetTasks') }),
    ...(budgetCost !== undefined && { budgetUsd: parseUsd(budgetCost) }),
    rules: [
      {
        prefixes: options.prefix ?? [],
        minimumRetentionDays: parseWhole(minimumRetentionDays, 'minimumRetentionDays'),
        extensionFrequencyDays: parseWhole(extensionFrequencyDays, 'extensionFrequencyDays'),
        ...(options.mode !== undefined && { mode: options.mode }),
        convertGovernance: options.convertGovernance ?? false,
        skipLegalHoldOnly: options.skipLegalHoldOnly ?? false,
      },
    ],
  };
}

function parseWhole(text: string, name: keyof RawRetentionOptions): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw invalid(`${flagOf(name)} '${text}' is not a whole number`);
}

function parseUsd(text: string): number {
  if (/^\d{1,9}(\.\d{1,4})?$/.test(text)) return Number(text);
  throw invalid(`--budget-cost '${text}' is not an amount of US dollars`);
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function invalid(fact: string, hint?: string): RunbookError {
  return new RunbookError('INVALID_RETENTION', `${fact}.`, {
    hint:
      hint ??
      'periods are whole days from 1 to 36500 together; the fields of the file are in docs/object-lock.md',
  });
}
