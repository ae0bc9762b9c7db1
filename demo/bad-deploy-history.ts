import type { Bucket } from '../sandbox/bucket.ts';
import type { SandboxClock } from '../sandbox/clock.ts';
import type { SeededRandom } from '../sandbox/random.ts';

/** Version entries in the bucket once the deploy is through with it. */
export const VERSION_ENTRIES = 20_000;
export const LAST_GOOD_TIME = '2025-08-22T14:00:00Z';
export const DEPLOY_TIME = '2025-08-22T14:05:00Z';

const MINUTE_MS = 60_000;
const PRODUCT_IMAGES = 2_400;
const PAGES = 300;
const SETTINGS = 40;
const OLD_DRAFTS = 200;
const BUILD_LEFTOVERS = 800;

export const PAGE_EXAMPLE = 'pages/p0007.html';

/** What the deploy did to the bucket, by number of keys. */
export type Damage = { deleted: number; overwritten: number; uploaded: number };

/** A shop's bucket in good order: products, pages, settings, orders, and drafts that were thrown away long ago. */
export function fillShop(bucket: Bucket, clock: SandboxClock, random: SeededRandom): void {
  const put = (key: string, minutesBefore: number, content: { body: string } | { size: number }) => {
    clock.set(Date.parse(LAST_GOOD_TIME) - minutesBefore * MINUTE_MS);
    bucket.put(key, content);
  };
  const someBytes = () => 2_000 + Math.floor(random.fraction() * 400_000);
  for (let page = 0; page < PAGES; page += 1) {
    put(pageKey(page), 9_000 + page, { body: `<h1>Product ${page}</h1> first edition` });
    put(pageKey(page), 60 + page, { body: `<h1>Product ${page}</h1> second edition` });
  }
  for (let image = 0; image < PRODUCT_IMAGES; image += 1) {
    put(imageKey(image), 600 + 7 * image, { size: someBytes() });
  }
  for (let setting = 0; setting < SETTINGS; setting += 1) {
    put(settingKey(setting), 3_000 + setting, { body: `{"setting":${setting},"on":true}` });
  }
  for (let draft = 0; draft < OLD_DRAFTS; draft += 1) {
    const key = `drafts/d${numbered(draft)}.txt`;
    put(key, 20_000 + draft, { size: someBytes() });
    clock.set(Date.parse(LAST_GOOD_TIME) - (10_000 + draft) * MINUTE_MS);
    bucket.addDeleteMarker(key);
  }
  const later = PRODUCT_IMAGES + PAGES + 2 * SETTINGS + BUILD_LEFTOVERS;
  const orders = VERSION_ENTRIES - bucket.entryCount - later;
  for (let order = 0; order < orders; order += 1) {
    const day = String(1 + (order % 21)).padStart(2, '0');
    put(`orders/2025-08-${day}/o${numbered(order)}.json`, 30 + order, { size: someBytes() });
  }
}

/** The deploy: removes the product images, writes over pages and settings, and leaves its build behind. */
export function runBadDeploy(bucket: Bucket, clock: SandboxClock): Damage {
  clock.set(DEPLOY_TIME);
  for (let page = 0; page < PAGES; page += 1) {
    if (page % 20 === 0) clock.advance(5);
    bucket.put(pageKey(page), { body: '<h1>undefined</h1>' });
  }
  for (let image = 0; image < PRODUCT_IMAGES; image += 1) {
    if (image % 100 === 0) clock.advance(5);
    bucket.addDeleteMarker(imageKey(image));
  }
  for (let setting = 0; setting < SETTINGS; setting += 1) bucket.put(settingKey(setting), { body: '{}' });
  clock.advance(20);
  for (let setting = 0; setting < SETTINGS; setting += 1) bucket.addDeleteMarker(settingKey(setting));
  for (let leftover = 0; leftover < BUILD_LEFTOVERS; leftover += 1) {
    if (leftover % 100 === 0) clock.advance(5);
    bucket.put(`build/tmp/chunk-${numbered(leftover)}.js`, { size: 900 + leftover });
  }
  return { deleted: PRODUCT_IMAGES + SETTINGS, overwritten: PAGES, uploaded: BUILD_LEFTOVERS };
}

function pageKey(index: number): string {
  return `pages/p${numbered(index)}.html`;
}

function imageKey(index: number): string {
  return `images/products/i${numbered(index)}.jpg`;
}

function settingKey(index: number): string {
  return `settings/s${numbered(index)}.json`;
}

function numbered(index: number): string {
  return String(index).padStart(4, '0');
}
