import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askToGoAhead } from '../../demo/approval.ts';

const never = new AbortController().signal;

async function answerTo(text: string): Promise<{ isApproved: boolean; printed: string }> {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(text);
  const isApproved = await askToGoAhead('Go ahead?', { input, output }, never);
  return { isApproved, printed: String(output.read()) };
}

test.each(['y\n', 'Y\n', 'yes\n', ' y \r\n', 'y'])('%j is a yes', async (text) => {
  expect(await answerTo(text)).toEqual({ isApproved: true, printed: 'Go ahead? [y/N] ' });
});

test.each(['n\n', '\n', 'yess\n', 'no\ny\n', 'ja\n', '0\n'])('%j is a no', async (text) => {
  expect((await answerTo(text)).isApproved).toBe(false);
});

test('the end of the input is a no, and ends the line', async () => {
  expect(await answerTo('')).toEqual({ isApproved: false, printed: 'Go ahead? [y/N] \n' });
});

test('an interruption ends the question', async () => {
  const controller = new AbortController();
  const asked = askToGoAhead(
    'Go ahead?',
    { input: new PassThrough(), output: new PassThrough() },
    controller.signal,
  );
  controller.abort(new Error('interrupted'));
  await expect(asked).rejects.toThrow('interrupted');
});
