import type { CheckCode } from './codes.ts';

/**
 * `unreadable`: the answer could not be had, so nobody knows; it never counts as ok. `not-checked`: nobody asked for it,
 * or it has no meaning until another check is ok.
 */
export const CHECK_STATUSES = ['ok', 'warning', 'problem', 'unreadable', 'not-checked'] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

export type DoctorCheck = {
  code: CheckCode;
  /** what was looked at: a repository, an environment, a file, a role, a bucket; untrusted text, empty for none */
  subject: string;
  status: CheckStatus;
  /** what was found; untrusted text */
  found: string;
  /** the next command, or where to click; null where nothing has to be changed */
  fix: string | null;
};

/** An answer, or why there is none. The code is that of the error. */
export type Reading<Value> =
  | { readable: true; value: Value }
  | { readable: false; code: string; reason: string; next: string };
type Unreadable = Extract<Reading<unknown>, { readable: false }>;

/** Makes the checks of one subject, so that a decision reads as a line. */
export function checksOf(subject: string) {
  const make = (code: CheckCode, status: CheckStatus, found: string, fix: string | null): DoctorCheck => ({
    code,
    subject,
    status,
    found,
    fix,
  });
  return {
    ok: (code: CheckCode, found: string) => make(code, 'ok', found, null),
    warning: (code: CheckCode, found: string, fix: string) => make(code, 'warning', found, fix),
    problem: (code: CheckCode, found: string, fix: string) => make(code, 'problem', found, fix),
    unreadable: (code: CheckCode, { reason, next }: Pick<Unreadable, 'reason' | 'next'>) =>
      make(code, 'unreadable', reason, next),
    notChecked: (code: CheckCode, found: string, fix: string) => make(code, 'not-checked', found, fix),
  };
}

/**
 * The checks that stand against a rollback: a warning may stay, a problem and what nobody could read may not.
 * @param accepted codes that somebody settled otherwise
 */
export function failing(checks: readonly DoctorCheck[], accepted: readonly CheckCode[]): DoctorCheck[] {
  return checks.filter(
    ({ code, status }) =>
      (status === 'problem' || status === 'unreadable') && !accepted.some((one) => one === code),
  );
}
