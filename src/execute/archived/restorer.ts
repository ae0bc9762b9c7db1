import { type Outcome, RETRIED_OUTCOMES } from '../../s3/outcome.ts';
import {
  nextLook,
  type RestoreAnswer,
  type RestoreRequest,
  type RestoreTier,
  takesDays,
  tierFor,
} from '../../s3/restore.ts';
import type { ObjectHead } from '../../s3/version-entry.ts';
import { isPassing } from '../backoff.ts';
import type { VersionAddress } from '../s3-calls.ts';

/** The call that asks S3 to restore a version: it changes no version, and what it makes goes by itself. */
export type RestoreCalls = {
  /** @param days null for Intelligent-Tiering, which takes none */
  restoreObject(
    version: VersionAddress,
    request: { tier: RestoreTier; days: number | null },
  ): Promise<RestoreAnswer>;
};

/** What a person agreed to: how fast, for how long, and when. */
export type RestoreTerms = { tier: RestoreTier; days: number; approvedAt: Date };

/** What a pass over archived rows came to. */
export type RestoreTally = {
  /** restores that S3 took in this pass */
  requested: number;
  /** versions that are on their way, whoever asked for them */
  waiting: number;
  /** versions whose restored copy has gone before it was copied; they take a new approval */
  expired: number;
  /** versions that S3 has no capacity for now (Expedited alone) */
  turnedAway: number;
  /** when the first of those that are on their way is worth a look; null where none is */
  nextLookAt: Date | null;
};

/** One pass over archived rows: which are due, and what is asked of S3 for them. */
export type Restorer = {
  /** Whether a row that has ended is tried in this pass. Rows that are not are counted among those that wait. */
  isDue(outcome: Outcome, request: RestoreRequest | null): boolean;
  /** Looks at a version that cannot be read now, and asks for its restore where it has to. @throws S3CallError */
  restore(version: VersionAddress, head: ObjectHead, earlier: RestoreRequest | null): Promise<Restoring>;
  tally(): RestoreTally;
};

/** How a version stands, in words, and a request to note. */
export type Restoring = { detail: string; request: RestoreRequest | null };

/** S3 has taken a request, but a HEAD may not show it for so long. */
const SETTLING_MS = 15 * 60_000;

/** Versions that are due in so short a time are looked at too, as requests are sent one after another. */
const DUE_SOON_MS = 30_000;

export type RestorerOptions = {
  calls: RestoreCalls;
  terms: RestoreTerms;
  /** when the pass before began; null: there was none */
  lastLookAt: Date | null;
  serverTime: () => Date;
};

/** Opens a pass. */
export function openRestorer({ calls, terms, lastLookAt, serverTime }: RestorerOptions): Restorer {
  const tally: RestoreTally = { requested: 0, waiting: 0, expired: 0, turnedAway: 0, nextLookAt: null };
  const looked = lastLookAt ?? new Date(0);
  const soon = () => new Date(serverTime().getTime() + DUE_SOON_MS);

  function wait(request: RestoreRequest): void {
    tally.waiting += 1;
    const next = nextLook(request, soon());
    if (tally.nextLookAt === null || next < tally.nextLookAt) tally.nextLookAt = next;
  }

  async function ask(version: VersionAddress, head: ObjectHead): Promise<Restoring> {
    const kind = head.archive ?? 'GLACIER';
    const tier = tierFor(kind, terms.tier);
    let answer: RestoreAnswer;
    try {
      answer = await calls.restoreObject(version, { tier, days: takesDays(kind) ? terms.days : null });
    } catch (error) {
      if (tier !== 'Expedited' || !isPassing(error)) throw error;
      tally.turnedAway += 1;
      return { detail: 'S3 has no capacity for Expedited now', request: null };
    }
    if (answer === 'requested') tally.requested += 1;
    const request = { at: serverTime(), tier, kind };
    wait(request);
    return { detail: `is being restored, ${tier}, asked for at ${request.at.toISOString()}`, request };
  }

  return {
    isDue(outcome, request) {
      if (outcome !== 'archived') return RETRIED_OUTCOMES.includes(outcome);
      if (request === null) return true;
      const isAgreedAnew = request.at < terms.approvedAt && looked <= terms.approvedAt;
      if (isAgreedAnew || nextLook(request, looked) <= soon()) return true;
      wait(request);
      return false;
    },
    async restore(version, head, earlier) {
      const now = serverTime();
      if (head.isRestoring || (earlier !== null && now.getTime() - earlier.at.getTime() < SETTLING_MS)) {
        const kind = head.archive ?? 'GLACIER';
        const request = earlier ?? { at: now, tier: tierFor(kind, terms.tier), kind };
        wait(request);
        const detail = `is being restored, ${request.tier}, asked for at ${request.at.toISOString()}`;
        return { detail, request: earlier === null ? request : null };
      }
      if (earlier !== null && earlier.at >= terms.approvedAt) {
        tally.expired += 1;
        return { detail: 'was restored, and the restored copy has expired', request: null };
      }
      return await ask(version, head);
    },
    tally: () => ({ ...tally }),
  };
}
