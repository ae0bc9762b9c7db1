/** How data goes for good. */
export type LossKind = 'permanentDeletions' | 'nullVersionReplacements' | 'lifecycleDeletions';

/** Losses that somebody means to happen, by kind; kinds left out are expected not to happen. */
export type ExpectedLosses = Partial<Record<'permanentDeletions' | 'nullVersionReplacements', number>>;

const KEPT_EXAMPLES = 5;

/**
 * Data that is gone for good, counted. Nothing that rolls a bucket back may lose any. What a test does to a bucket by
 * its own hand, as somebody else who may, is not counted: requests alone are.
 */
export class Losses {
  /** Object versions (not delete markers) that requests removed by their version ID. */
  permanentDeletions = 0;
  /** Null versions that a request's write or delete replaced while versioning was off or suspended. */
  nullVersionReplacements = 0;
  /** Object versions that lifecycle rules expired: S3's own doing, which no check looks at. */
  lifecycleDeletions = 0;
  readonly #examples: string[] = [];
  #isRequest = false;

  /** Carries out a request, in which losses count. */
  during<T>(request: () => T): T {
    this.#isRequest = true;
    try {
      return request();
    } finally {
      this.#isRequest = false;
    }
  }

  count(kind: LossKind, bucket: string, version: { readonly key: string; readonly versionId: string }): void {
    if (kind !== 'lifecycleDeletions' && !this.#isRequest) return;
    this[kind] += 1;
    if (kind === 'lifecycleDeletions' || this.#examples.length >= KEPT_EXAMPLES) return;
    this.#examples.push(`${kind}: ${JSON.stringify(version.key)} ${version.versionId} of ${bucket}`);
  }

  /** @throws Error that names what was lost, where that is not what was expected */
  assert(expected: ExpectedLosses): void {
    const { permanentDeletions = 0, nullVersionReplacements = 0 } = expected;
    if (
      this.permanentDeletions === permanentDeletions &&
      this.nullVersionReplacements === nullVersionReplacements
    )
      return;
    throw new Error(
      `The sandbox lost object versions: ${this.permanentDeletions} permanent deletions (expected ${permanentDeletions}), ${this.nullVersionReplacements} null versions replaced (expected ${nullVersionReplacements}); ${this.#examples.join('; ')}`,
    );
  }
}
