import type { CheckStatus } from '../../src/doctor/check.ts';
import type { CheckCode } from '../../src/doctor/codes.ts';
import type { Healthy } from './healthy.ts';

/** Changes every one of a list. */
export function each<T>(all: readonly T[], change: (one: T) => unknown): void {
  for (const one of all) change(one);
}

/** What differs from a state in which all is well: every code that is not named there stays ok. */
export type Differences = Partial<Record<CheckCode, CheckStatus>>;

/** One line a situation: what is different from a healthy state, and which checks say so. */
export type Situation = [name: string, change: (state: Healthy) => void, expected: Differences];

/** The codes of a table that nobody asked for, or that wait for another one. */
export const later = (...codes: CheckCode[]): Differences =>
  Object.fromEntries(codes.map((code) => [code, 'not-checked']));
