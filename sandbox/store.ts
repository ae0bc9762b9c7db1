import { Bucket, type BucketOptions } from './bucket.ts';
import { SandboxClock } from './clock.ts';
import { Losses } from './losses.ts';
import { SeededRandom } from './random.ts';

/** What buckets of one store share. */
export type StoreContext = {
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  readonly losses: Losses;
  /** Region of the endpoint, which new buckets get. */
  readonly region: string;
};

/** All buckets of the sandbox, in memory. */
export class Store {
  readonly context: StoreContext;
  readonly buckets = new Map<string, Bucket>();

  constructor(options: { seed: number; region: string }) {
    this.context = {
      clock: new SandboxClock(),
      random: new SeededRandom(options.seed),
      losses: new Losses(),
      region: options.region,
    };
  }

  /** @throws Error when the bucket exists */
  createBucket(name: string, options: BucketOptions = {}): Bucket {
    if (this.buckets.has(name)) throw new Error(`bucket ${name} exists`);
    const bucket = new Bucket(name, this.context, options);
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** @throws Error when there is no such bucket */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new Error(`no bucket ${name}`);
    return bucket;
  }
}
