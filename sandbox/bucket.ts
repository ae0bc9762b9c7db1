import { hash } from 'node:crypto';
import { parseInstant, wholeSecond } from './clock.ts';
import { bytesContent, type Content, sizedContent } from './content.ts';
import {
  DEFAULT_ATTRIBUTES,
  type DeleteMarker,
  type ObjectAttributes,
  type ObjectVersion,
  type Retention,
  type VersionEntry,
} from './entries.ts';
import { KeyIndex } from './key-index.ts';
import type { LossKind } from './losses.ts';
import type { StoreContext } from './store.ts';
import type { MultipartUpload } from './uploads.ts';
import { makeVersionId, NULL_VERSION_ID } from './version-ids.ts';

/** `undefined`: never set. Once set, versioning can be suspended but not taken away ("Using versioning in S3 buckets"). */
export type Versioning = 'Enabled' | 'Suspended' | undefined;

/** Default retention of new object versions, in days or years ("Object Lock retention"). */
export type DefaultRetention = { mode: Retention['mode']; days?: number; years?: number };

export type BucketOptions = {
  versioning?: Versioning;
  mfaDelete?: boolean;
  /** Object Lock; it needs versioning, which it switches on. */
  objectLock?: boolean;
  region?: string;
};

/** What a test may say of a version that it puts straight into the store. */
export type PutOptions = {
  body?: string | Uint8Array;
  /** Size of content without bytes, for objects too large to hold. */
  size?: number;
  content?: Content;
  /** Default: the clock's second. */
  lastModified?: Date | string | number;
  versionId?: string;
  eTag?: string;
  attributes?: Partial<ObjectAttributes>;
  /** Place in the stack; default: on top. */
  order?: number;
};

/** Configurations kept as the XML (or the policy's JSON) they were set with, by subresource, such as `replication`. */
export type BucketConfigurations = Map<string, string>;

/** One bucket: its stacks of version entries, and what S3 does to them on a write or delete. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  readonly configurations: BucketConfigurations = new Map();
  readonly uploads = new Map<string, MultipartUpload>();
  /** Stacks by key, oldest entry first, so that a write on top is a push. */
  readonly stacks = new KeyIndex<VersionEntry[]>();
  versioning: Versioning;
  mfaDelete: boolean | undefined;
  objectLock: { defaultRetention: DefaultRetention | undefined } | undefined;
  readonly #context: StoreContext;
  /** Orders of removed entries: a listing may go on from a version that has gone meanwhile. */
  readonly #removedOrders = new Map<string, number>();
  #lastOrder = 0;
  #entries = 0;

  constructor(name: string, context: StoreContext, options: BucketOptions) {
    this.name = name;
    this.region = options.region ?? context.region;
    this.createdAt = context.clock.second();
    this.#context = context;
    this.versioning = options.objectLock === true ? 'Enabled' : options.versioning;
    this.mfaDelete = options.mfaDelete;
    this.objectLock = options.objectLock === true ? { defaultRetention: undefined } : undefined;
  }

  get entryCount(): number {
    return this.#entries;
  }

  /** The stack of a key, newest first. */
  stack(key: string): VersionEntry[] {
    return this.stacks.get(key)?.toReversed() ?? [];
  }

  /** The top of a key's stack. */
  current(key: string): VersionEntry | undefined {
    return this.stacks.get(key)?.at(-1);
  }

  entry(key: string, versionId: string): VersionEntry | undefined {
    return this.stacks.get(key)?.find((entry) => entry.versionId === versionId);
  }

  /** Where a version stands or stood in its stack. */
  orderOf(key: string, versionId: string): number | undefined {
    return this.entry(key, versionId)?.order ?? this.#removedOrders.get(`${versionId}/${key}`);
  }

  /** Reserves a place in the stacks: a multipart upload takes the one of its initiation. */
  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  /** Writes an object version as the versioning state has it: a new version, or in place of the null version. */
  put(key: string, options: PutOptions = {}): ObjectVersion {
    const content = options.content ?? this.#contentOf(key, options);
    const version: ObjectVersion = {
      key,
      versionId: options.versionId ?? this.#newVersionId(),
      isDeleteMarker: false,
      lastModified: this.#second(options.lastModified),
      order: options.order ?? this.nextOrder(),
      eTag: options.eTag ?? content.md5,
      content,
      attributes:
        options.attributes === undefined
          ? DEFAULT_ATTRIBUTES
          : { ...DEFAULT_ATTRIBUTES, ...options.attributes },
    };
    this.#place(version);
    return version;
  }

  /** Adds a delete marker, in place of the null version while versioning is suspended. */
  addDeleteMarker(key: string, options: Pick<PutOptions, 'lastModified' | 'versionId'> = {}): DeleteMarker {
    const marker: DeleteMarker = {
      key,
      versionId: options.versionId ?? this.#newVersionId(),
      isDeleteMarker: true,
      lastModified: this.#second(options.lastModified),
      order: this.nextOrder(),
    };
    this.#place(marker);
    return marker;
  }

  /** Removes an entry by its version ID: for an object version, a permanent deletion, and counted as one. */
  remove(key: string, versionId: string): VersionEntry | undefined {
    const entry = this.#take(key, versionId);
    if (entry?.isDeleteMarker === false) this.#lose('permanentDeletions', entry);
    return entry;
  }

  /** Removes an entry as a lifecycle rule does, which is S3's own doing and counted apart. */
  expire(key: string, versionId: string): void {
    const entry = this.#take(key, versionId);
    if (entry?.isDeleteMarker === false) this.#lose('lifecycleDeletions', entry);
  }

  /** Deletes the null version without a marker: a plain delete where versioning was never set. */
  dropNullVersion(key: string): void {
    const entry = this.#take(key, NULL_VERSION_ID);
    if (entry?.isDeleteMarker === false) this.#lose('nullVersionReplacements', entry);
  }

  #lose(kind: LossKind, version: ObjectVersion): void {
    this.#context.losses.count(kind, this.name, version);
  }

  #place(entry: VersionEntry): void {
    if (entry.versionId === NULL_VERSION_ID) this.dropNullVersion(entry.key);
    const stack = this.stacks.get(entry.key);
    this.#entries += 1;
    if (stack === undefined) {
      this.stacks.set(entry.key, [entry]);
      return;
    }
    let index = stack.length;
    while (index > 0 && (stack[index - 1]?.order ?? 0) > entry.order) index -= 1;
    stack.splice(index, 0, entry);
  }

  #take(key: string, versionId: string): VersionEntry | undefined {
    const stack = this.stacks.get(key);
    const index = stack?.findIndex((entry) => entry.versionId === versionId) ?? -1;
    if (stack === undefined || index < 0) return undefined;
    const [entry] = stack.splice(index, 1);
    if (entry === undefined) return undefined;
    this.#entries -= 1;
    this.#removedOrders.set(`${versionId}/${key}`, entry.order);
    if (stack.length === 0) this.stacks.delete(key);
    return entry;
  }

  #contentOf(key: string, options: PutOptions): Content {
    if (options.size !== undefined)
      return sizedContent(options.size, `${this.name}/${key}#${this.#lastOrder + 1}`);
    return bytesContent(Buffer.from(options.body ?? ''));
  }

  #second(instant: PutOptions['lastModified']): number {
    return instant === undefined ? this.#context.clock.second() : wholeSecond(parseInstant(instant));
  }

  #newVersionId(): string {
    return this.versioning === 'Enabled' ? makeVersionId(this.#context.random) : NULL_VERSION_ID;
  }
}

/** ETag of an object whose encryption hides its MD5 ("Common Response Headers", ETag): it tells nothing of the data. */
export function opaqueETag(content: Content, salt: string): string {
  return hash('md5', `${content.md5}:${salt}`);
}
