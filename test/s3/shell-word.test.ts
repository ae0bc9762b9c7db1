import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../src/s3/shell-word.ts';

const NAMES = [
  'my-plan',
  's3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/',
  'http://127.0.0.1:9000',
  'my plan',
  "it's",
  "''",
  '',
  '~/plan',
  '$(id)',
  '`id`',
  'a;id&|<>(){}[]*?!#"\\',
  'Pläne 日本',
];

describe('shellWord', () => {
  it('leaves a plain name as it is', () => {
    expect(NAMES.slice(0, 3).map(shellWord)).toEqual(NAMES.slice(0, 3));
  });

  it('is read by a shell as the name, whatever it holds', () => {
    const line = `printf '%s\\0' ${NAMES.map(shellWord).join(' ')}`;
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(NAMES);
  });

  it('shows what moves a terminal as an escape', () => {
    expect(shellWord('a\x1b[2Jb')).toBe("'a\\x1b[2Jb'");
  });
});
