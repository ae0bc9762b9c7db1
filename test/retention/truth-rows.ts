import type { RetentionClass } from '../../src/retention/rule.ts';
import { parseSettings, type RetentionRule, type RetentionSettings } from '../../src/retention/settings.ts';
import type { RetentionMode } from '../../src/s3/retention.ts';
import { inDays, lock, type Stage } from './stage.ts';

/** The truth table of docs/object-lock.md: one line a lock, for whoever classifies it. */
export type TruthRow = {
  what: string;
  put: (stage: Stage, key: string) => void;
  class: RetentionClass;
  /** the lock of the current version after the run, in days from it; null: none */
  after: [mode: RetentionMode, days: number] | null;
  rule?: Partial<RetentionRule>;
  /** outcome of the version where it is selected; `done` if left out */
  end?: 'denied';
};

const HELD = { legalHold: true };
const put = (attributes: (stage: Stage) => object) => (on: Stage, key: string) => {
  on.bucket.put(key, { attributes: attributes(on) });
};

/** Minimum 90 days, frequency 28, a run every 7: selected below 97 days, then locked for 118. */
export const TRUTH_ROWS: TruthRow[] = [
  { what: 'no lock', put: put(() => ({})), class: 'no-lock', after: ['COMPLIANCE', 118] },
  {
    what: 'no lock, GOVERNANCE asked for',
    put: put(() => ({})),
    rule: { mode: 'GOVERNANCE' },
    class: 'no-lock',
    after: ['GOVERNANCE', 118],
  },
  {
    what: 'compliance, shorter (the published example: 91 days left)',
    put: put((on) => lock(on, 'COMPLIANCE', 91)),
    class: 'too-short',
    after: ['COMPLIANCE', 118],
  },
  {
    what: 'compliance, longer',
    put: put((on) => lock(on, 'COMPLIANCE', 400)),
    class: 'long-enough',
    after: ['COMPLIANCE', 400],
  },
  {
    what: 'compliance, a second below the horizon',
    put: put((on) => ({ retention: { mode: 'COMPLIANCE', retainUntil: inDays(on, 97) - 1000 } })),
    class: 'too-short',
    after: ['COMPLIANCE', 118],
  },
  {
    what: 'compliance, at the horizon',
    put: put((on) => lock(on, 'COMPLIANCE', 97)),
    class: 'long-enough',
    after: ['COMPLIANCE', 97],
  },
  {
    what: 'compliance stays, GOVERNANCE asked for',
    put: put((on) => lock(on, 'COMPLIANCE', 10)),
    rule: { mode: 'GOVERNANCE' },
    class: 'too-short',
    after: ['COMPLIANCE', 118],
  },
  {
    what: 'governance, shorter, stays governance',
    put: put((on) => lock(on, 'GOVERNANCE', 10)),
    class: 'too-short',
    after: ['GOVERNANCE', 118],
  },
  {
    what: 'governance, longer',
    put: put((on) => lock(on, 'GOVERNANCE', 200)),
    class: 'long-enough',
    after: ['GOVERNANCE', 200],
  },
  {
    what: 'governance, shorter, to be converted: extended, as no bypass is sent',
    put: put((on) => lock(on, 'GOVERNANCE', 10)),
    rule: { convertGovernance: true },
    class: 'too-short',
    after: ['GOVERNANCE', 118],
    end: 'denied',
  },
  {
    what: 'governance that has run out, converted where asked',
    put: put((on) => lock(on, 'GOVERNANCE', -3)),
    rule: { convertGovernance: true },
    class: 'too-short',
    after: ['COMPLIANCE', 118],
  },
  {
    what: 'governance, longer, is not converted before it is due',
    put: put((on) => lock(on, 'GOVERNANCE', 200)),
    rule: { convertGovernance: true },
    class: 'long-enough',
    after: ['GOVERNANCE', 200],
  },
  {
    what: 'a lock that has run out',
    put: put((on) => lock(on, 'GOVERNANCE', -3)),
    class: 'too-short',
    after: ['GOVERNANCE', 118],
  },
  { what: 'legal hold only', put: put(() => HELD), class: 'no-lock', after: ['COMPLIANCE', 118] },
  {
    what: 'legal hold only, left alone where asked',
    put: put(() => HELD),
    rule: { skipLegalHoldOnly: true },
    class: 'legal-hold-only',
    after: null,
  },
  {
    what: 'legal hold beside a shorter lock',
    put: put((on) => ({ ...HELD, ...lock(on, 'COMPLIANCE', 1) })),
    rule: { skipLegalHoldOnly: true },
    class: 'too-short',
    after: ['COMPLIANCE', 118],
  },
  {
    what: 'null version',
    put: (on, key) => {
      on.bucket.put(key, { versionId: 'null' });
    },
    class: 'no-lock',
    after: ['COMPLIANCE', 118],
  },
];

export const TRUTH_KEY = 'a key/with +%,"quotes" and ünïcode';

/**
 * Puts the whole table into one bucket, each row below a prefix with a rule of its own, and beside them what no rule
 * selects. @returns the settings that have these rules, in the order of the rows
 */
export function putTruthRows(stage: Stage): RetentionSettings {
  const prefixes = TRUTH_ROWS.map((_, index) => `row ${index}'/`);
  for (const [index, row] of TRUTH_ROWS.entries()) {
    const key = `${prefixes[index]}${TRUTH_KEY}`;
    stage.bucket.put(`${key}!`, { attributes: lock(stage, 'COMPLIANCE', 1) });
    stage.bucket.put(`${key}!`, { attributes: lock(stage, 'GOVERNANCE', 500) });
    stage.bucket.put(`${key}-gone`, { attributes: lock(stage, 'COMPLIANCE', 1) });
    stage.bucket.addDeleteMarker(`${key}-gone`);
    row.put(stage, key);
  }
  stage.bucket.put('elsewhere');
  const rules = TRUTH_ROWS.map((row, index) => ({
    ...{ minimumRetentionDays: 90, extensionFrequencyDays: 28, prefixes: [prefixes[index]] },
    ...row.rule,
  }));
  return parseSettings(JSON.stringify({ bucket: stage.bucket.name, rules }), 'the truth table');
}
