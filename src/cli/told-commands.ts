import { AsyncLocalStorage } from 'node:async_hooks';
import type { Command, Option } from 'commander';
import { shellWord } from '../s3/shell-word.ts';

/** By these options a command is told where its store is. One that is pasted without them would ask another store. */
const CONNECTION = [
  'endpointUrl',
  'region',
  'forcePathStyle',
  'requesterPays',
  'destinationEndpointUrl',
  'destinationRegion',
  'destinationProfile',
];

/** A command of ours in a text, with something after it; its own help needs no store. */
const TOLD_COMMAND = /npm run --silent s3-rewind -- ([a-z-]+)(?= (?!--help))/g;

type Running = { command: Command | null };

const running = new AsyncLocalStorage<Running>();

/** Runs a command line, and remembers which of its commands it is, with its options. */
export function rememberCommand<T>(program: Command, run: () => Promise<T>): Promise<T> {
  const current: Running = { command: null };
  program.hook('preAction', (_, command) => {
    current.command = command;
  });
  return running.run(current, run);
}

/** The text with the connection of the command that runs in every command that it tells, where that one takes it. */
export function tellConnection(text: string): string {
  const command = running.getStore()?.command ?? null;
  if (command === null) return text;
  return text.replace(TOLD_COMMAND, (line, name: string) => {
    const told = command.parent?.commands.find((candidate) => candidate.name() === name);
    const words = (told?.options ?? []).flatMap((option) => givenWords(command, option));
    return [line, ...words].join(' ');
  });
}

function givenWords(command: Command, option: Option): string[] {
  const name = option.attributeName();
  if (!CONNECTION.includes(name) || command.getOptionValueSource(name) !== 'cli') return [];
  const value: unknown = command.getOptionValue(name);
  const flag = option.long ?? '';
  return typeof value === 'string' ? [flag, shellWord(value)] : [flag];
}
