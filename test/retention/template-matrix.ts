import { renderRetentionTemplate } from '../../src/retention/retention-template.ts';
import { parseSettings } from '../../src/retention/settings.ts';

const rule = { minimumRetentionDays: 90, extensionFrequencyDays: 28 };

/** One line a shape of settings. */
const SETTINGS: Record<string, object[]> = {
  whole: [rule],
  prefixes: [
    { ...rule, prefixes: ['ledger/', '*?$x', 'ü/'] },
    { ...rule, convertGovernance: true },
  ],
  many: Array.from({ length: 100 }, (_, index) => ({
    ...rule,
    prefixes: [`team-${index}/${'x'.repeat(200)}`],
  })),
};

/** The template of the settings in every shape. */
export function retentionTemplates(): Promise<{ name: string; template: string }[]> {
  return Promise.all(
    Object.entries(SETTINGS).map(async ([name, rules]) => ({
      name: `retention-${name}`,
      template: await renderRetentionTemplate(
        parseSettings(JSON.stringify({ bucket: 'my-bucket', rules }), 'the matrix'),
      ),
    })),
  );
}
