import type { Bucket } from './bucket.ts';
import type { Meddling } from './faults.ts';
import type { S3Request } from './http/request.ts';
import { childText, parseXml } from './http/xml.ts';
import type { SeededRandom } from './random.ts';
import type { Store } from './store.ts';

/** Does what somebody else does to the bucket of a request, right before it is carried out. */
export function meddle(effect: Meddling, { buckets, context }: Store, request: S3Request): void {
  const bucket = buckets.get(request.bucket ?? '');
  if (bucket === undefined) return;
  if (effect === 'suspend-versioning') {
    bucket.versioning = 'Suspended';
    return;
  }
  const key = request.key ?? anyKey(bucket, request, context.random);
  if (key === undefined) return;
  if (effect === 'writer-puts') bucket.put(key, { body: `written meanwhile, ${context.random.uint32()}` });
  else bucket.addDeleteMarker(key);
}

/** One of the keys that a DeleteObjects names, or else of the bucket's. */
function anyKey(bucket: Bucket, request: S3Request, random: SeededRandom): string | undefined {
  const keys = request.query.has('delete')
    ? (parseXml(request.body, 'Delete').children.get('Object') ?? []).map((node) => childText(node, 'Key'))
    : [...bucket.stacks.from(() => true)].map(([key]) => key);
  return keys[Math.floor(random.fraction() * keys.length)];
}
