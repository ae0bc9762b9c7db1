import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStage, planNow, run, type Stage } from './harness.ts';
import { ARCHIVES, overwriteArchived } from './restore-stage.ts';
import { runCommand } from './run-command.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

const HOUR = 3_600;

describe('the command restore-archived', () => {
  const args = (folder: string, ...more: string[]) => [
    'restore-archived',
    '--record',
    folder,
    '--quiet',
    ...more,
  ];
  const prepare = async (archives = ARCHIVES) => {
    overwriteArchived(stage, archives);
    const record = await planNow(stage);
    await run(stage, record);
    stage.sandbox.requests.reset();
    return record.folder;
  };

  test('shows cost and waiting time first, and does nothing without --yes', async () => {
    const folder = await prepare();
    const offer = await runCommand(stage.sandbox, args(folder, '--offer'));
    expect([offer.status, offer.stderr]).toEqual([0, '']);
    expect(offer.stdout).toMatch(/GLACIER\s.*5 h to 12 h/);
    expect(offer.stdout).toMatch(/DEEP_ARCHIVE\s.*< \$0\.01.*24 h to 2 d/);
    expect(offer.stdout).toMatch(/--tier Bulk --days 7 --yes/);
    const { status, stderr, stdout } = await runCommand(stage.sandbox, args(folder));
    expect([status, stderr.split(':')[0]]).toEqual([2, 'CONFIRMATION_MISSING']);
    expect(stdout).toContain('Archived versions to restore: 4');
    expect(stage.sandbox.requests.counts()).toEqual({});
  });

  test.each([
    ['RESTORE_TIER_UNAVAILABLE', ['--tier', 'Expedited', '--yes']],
    ['RESTORE_WINDOW_TOO_SHORT', ['--days', '1', '--yes']],
    ['RESTORE_WINDOW_TOO_SHORT', ['--days', 'soon', '--yes']],
    ['RESTORE_WINDOW_TOO_SHORT', ['--days', '5000', '--yes']],
    ['INVALID_OPTION', ['--tier', 'Fast', '--yes']],
  ])('%s: %j', async (code, options) => {
    const folder = await prepare();
    const { status, stderr } = await runCommand(stage.sandbox, args(folder, ...options));
    expect([status, stderr.split(':')[0]]).toEqual([2, code]);
    expect(stderr).toMatch(/\nNext: \S/);
    expect(stage.sandbox.requests.counts()).toEqual({});
  });

  test('other terms than those agreed to are refused; --look changes nothing', async () => {
    const folder = await prepare();
    const first = await runCommand(stage.sandbox, args(folder, '--yes', '--once'));
    expect([first.status, first.stderr]).toEqual([4, '']);
    expect(first.stdout).toMatch(
      /Waiting: 4 versions are being restored; look again at 2025-08-22T17:00:00Z/,
    );
    const other = await runCommand(stage.sandbox, args(folder, '--tier', 'Standard', '--once'));
    expect([other.status, other.stderr.split(':')[0]]).toEqual([2, 'RESTORE_TERMS_CHANGED']);
    stage.sandbox.clock.advance(13 * HOUR);
    stage.sandbox.requests.reset();
    const look = await runCommand(stage.sandbox, args(folder, '--look', '--json'));
    expect(JSON.parse(look.stdout)).toMatchObject({
      look: { ready: 2, underWay: 2, archived: 0, missing: 0 },
    });
    expect(stage.sandbox.requests.counts()).toEqual({ HeadObject: 4 });
  });

  test('a run that left nothing archived has nothing to restore', async () => {
    const folder = await prepare({});
    const { status, stdout } = await runCommand(stage.sandbox, args(folder));
    expect(status).toBe(0);
    expect(stdout).toContain('Nothing is being restored any more.');
  });

  test('a plan that was not run is refused', async () => {
    overwriteArchived(stage);
    const record = await planNow(stage);
    const { status, stderr } = await runCommand(stage.sandbox, args(record.folder, '--yes'));
    expect([status, stderr.split(':')[0]]).toEqual([2, 'RECORD_NOT_RUN']);
  });
});
