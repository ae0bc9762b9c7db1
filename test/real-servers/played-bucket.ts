import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  NoSuchKey,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { forEachConcurrently } from '../../src/execute/concurrently.ts';
import type { ServerUnderTest } from '../conformance/server-under-test.ts';
import type { State, Version, Write } from './history.ts';

const REQUESTS_IN_FLIGHT = 8;

/** A bucket of a server on trial, written to and read through the API alone. */
export class PlayedBucket {
  readonly name: string;
  readonly #server: ServerUnderTest;

  constructor(server: ServerUnderTest, name: string) {
    this.#server = server;
    this.name = name;
  }

  /** Plays writes; those of one key keep their order. */
  async play(writes: readonly Write[]): Promise<void> {
    const byKey = [...Map.groupBy(writes, ({ key }) => key).values()];
    await forEachConcurrently(byKey, REQUESTS_IN_FLIGHT, async (ofKey) => {
      for (const write of ofKey) await this.#write(write);
    });
  }

  async #write({ key, version }: Write): Promise<void> {
    const target = { Bucket: this.name, Key: key };
    const { client } = this.#server;
    if (version === null) {
      await client.send(new DeleteObjectCommand(target));
      return;
    }
    const tags = new URLSearchParams(version.tags).toString();
    await client.send(
      new PutObjectCommand({
        ...target,
        Body: Buffer.from(version.body),
        ContentType: version.contentType,
        Metadata: version.metadata,
        ...(tags !== '' && { Tagging: tags }),
        ...(version.expires !== null && { Expires: new Date(version.expires) }),
      }),
    );
  }

  /** Reads what is current of the keys, and asserts that the bucket shows no others. */
  async readState(keys: Iterable<string>): Promise<State> {
    const state: State = new Map();
    await forEachConcurrently([...new Set(keys)], REQUESTS_IN_FLIGHT, async (key) => {
      const version = await this.#read(key);
      if (version !== null) state.set(key, version);
    });
    const shown = (await this.#entries()).filter(({ isLatest, isMarker }) => isLatest && !isMarker).length;
    if (shown !== state.size) throw new Error(`${this.name} shows ${shown} objects, not ${state.size}`);
    return state;
  }

  async #read(key: string): Promise<Version | null> {
    const target = { Bucket: this.name, Key: key };
    try {
      const answer = await this.#server.client.send(new GetObjectCommand(target));
      const { TagSet = [] } = await this.#server.client.send(new GetObjectTaggingCommand(target));
      return {
        body: (await answer.Body?.transformToString()) ?? '',
        contentType: answer.ContentType ?? '',
        metadata: answer.Metadata ?? {},
        tags: Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value])),
        expires: answer.ExpiresString ?? null,
      };
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    }
  }

  /** The version IDs of all object versions: a rollback never takes one away. */
  async versionIds(): Promise<Set<string>> {
    const versions = (await this.#entries()).filter(({ isMarker }) => !isMarker);
    return new Set(versions.map(({ key, versionId }) => `${versionId} ${key}`));
  }

  /** All version entries, delete markers too. */
  async entryIds(): Promise<Set<string>> {
    return new Set((await this.#entries()).map(({ key, versionId }) => `${versionId} ${key}`));
  }

  /** Whether the listing shows a key as it is. */
  async lists(key: string): Promise<boolean> {
    return (await this.#entries()).some((entry) => entry.key === key);
  }

  async #entries() {
    const entries: { key: string; versionId: string; isLatest: boolean; isMarker: boolean }[] = [];
    let marker: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
    while (marker !== null) {
      const page: ListObjectVersionsCommandOutput = await this.#server.client.send(
        new ListObjectVersionsCommand({ Bucket: this.name, EncodingType: 'url', ...marker }),
      );
      const isEncoded = page.EncodingType === 'url';
      const decode = (key: string) => (isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
      for (const [list, isMarker] of [
        [page.Versions ?? [], false],
        [page.DeleteMarkers ?? [], true],
      ] as const) {
        for (const { Key = '', VersionId = '', IsLatest = false } of list) {
          entries.push({ key: decode(Key), versionId: VersionId, isLatest: IsLatest, isMarker });
        }
      }
      const { IsTruncated, NextKeyMarker = '', NextVersionIdMarker = '' } = page;
      marker = IsTruncated
        ? { KeyMarker: decode(NextKeyMarker), VersionIdMarker: NextVersionIdMarker }
        : null;
    }
    return entries;
  }
}
