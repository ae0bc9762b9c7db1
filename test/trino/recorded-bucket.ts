import type { Bucket } from '../../sandbox/bucket.ts';
import type { SandboxClock } from '../../sandbox/clock.ts';
import type { MetadataRow, MetadataTableRows } from './metadata-tables.ts';

/** A bucket of the sandbox whose every change is written down as S3 Metadata's journal would. */
export class RecordedBucket {
  readonly #bucket: Bucket;
  readonly #clock: SandboxClock;
  readonly #records: MetadataRow[] = [];
  /** the rows of the live inventory table after so many records */
  readonly #moments: MetadataRow[][] = [[]];

  constructor(bucket: Bucket, clock: SandboxClock) {
    this.#bucket = bucket;
    this.#clock = clock;
  }

  /** @param options `isNull`: while versioning is suspended */
  put(
    key: string,
    at: string,
    options: { body?: string; isNull?: boolean; storageClass?: 'GLACIER' | 'STANDARD_IA' } = {},
  ): void {
    this.#clock.set(at);
    const { storageClass = 'STANDARD' } = options;
    const version = this.#bucket.put(key, {
      body: options.body ?? `${key} at ${at}`,
      attributes: { storageClass },
      ...(options.isNull ? { versionId: 'null' } : {}),
    });
    this.#record('CREATE', key, {
      version_id: options.isNull ? null : version.versionId,
      is_delete_marker: false,
      size: version.content.size,
      last_modified_date: this.#clock.second(),
      e_tag: version.eTag,
      storage_class: storageClass,
      is_multipart: false,
      encryption_status: 'SSE-S3',
    });
  }

  delete(key: string, at: string, requester?: string): void {
    this.#clock.set(at);
    const { versionId } = this.#bucket.addDeleteMarker(key);
    const shown = { is_delete_marker: true, last_modified_date: this.#clock.second() };
    this.#record('DELETE', key, { version_id: versionId, ...shown }, requester);
  }

  /** Removes the delete marker on top of a key by its version ID. */
  removeMarker(key: string, at: string): void {
    this.#clock.set(at);
    const versionId = this.#bucket.stack(key)[0]?.versionId ?? '';
    this.#bucket.remove(key, versionId);
    this.#record('DELETE', key, { version_id: versionId, is_delete_marker: null });
  }

  /** The tables with a live inventory that lacks the last so many records. */
  tables(lag: number): MetadataTableRows {
    const coalesced = this.#records.length - lag;
    return {
      namespace: `b_${this.#bucket.name}`,
      journal: this.#records,
      live: this.#moments[coalesced] ?? [],
      oldestUncoalesced: Number(this.#records[coalesced]?.record_timestamp ?? this.#clock.now()),
    };
  }

  #record(type: 'CREATE' | 'DELETE', key: string, values: MetadataRow, requester = '123456789012'): void {
    const row: MetadataRow = {
      bucket: this.#bucket.name,
      key,
      sequence_number: `80${(this.#records.length + 1).toString(16).padStart(10, '0')}`,
      ...values,
    };
    this.#records.push({
      ...row,
      record_type: type,
      // Records come a moment after what they tell of.
      record_timestamp: this.#clock.now() + 250,
      requester,
    });
    const isSame = (one: MetadataRow) => one.key === key && one.version_id === row.version_id;
    const kept = (this.#moments.at(-1) ?? []).filter((one) => !isSame(one));
    this.#moments.push(values.is_delete_marker === null ? kept : [...kept, row]);
  }
}
