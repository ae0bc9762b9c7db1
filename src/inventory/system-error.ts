import { getSystemErrorMessage } from 'node:util';

/** An error of the operating system, as Node.js throws it. */
export type SystemError = Error & { code: string; errno: number; path?: string };

/** True for a failed call of the operating system, such as a file that is not there. */
export function isSystemError(error: unknown): error is SystemError {
  // zlib has error numbers too, of its own.
  return error instanceof Error && 'syscall' in error && 'errno' in error && typeof error.errno === 'number';
}

/** The reason of a failed call in the system's own words (`permission denied`), without Node's call and path. */
export function systemReason(cause: unknown): string {
  if (isSystemError(cause)) return getSystemErrorMessage(cause.errno);
  return cause instanceof Error ? cause.message : String(cause);
}

/** True when a disk, or the user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
