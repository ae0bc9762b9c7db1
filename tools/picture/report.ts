// Looks at the report page in a browser and takes a picture:
//
//   node report.ts [report.html] [--out report.png] [--dark]
//
// Without a file: the plan that the tests of the review use. Fails when the page asks for anything over the network,
// breaks its own policy, is unreadable without JavaScript, or when its search does not search.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'puppeteer-core';
import { renderReport } from '../../src/review/report-page.ts';
import { readReportTemplates } from '../../src/review/review-files.ts';
import { HOSTILE_TEXTS } from '../../test/review/hostile-texts.ts';
import { buildSamplePlan } from '../../test/review/sample-plan.ts';
import { takePicture, withBrowser } from './browser.ts';

/** Down to the tree map; tables follow. */
const PICTURE_HEIGHT = 1280;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: new URL('../../docs/images/report.png', import.meta.url).pathname },
    dark: { type: 'boolean', default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'report-'));
try {
  const templates = await readReportTemplates();
  const plain = positionals[0] === undefined ? join(folder, 'report.html') : resolve(positionals[0]);
  if (positionals[0] === undefined) await writeFile(plain, renderReport(buildSamplePlan(), templates));
  const hostile = join(folder, 'hostile.html');
  const plan = buildSamplePlan({
    sampleKeys: HOSTILE_TEXTS,
    topPrefixes: HOSTILE_TEXTS.map((prefix, i) => ({ prefix, keys: i + 1 })),
  });
  await writeFile(hostile, renderReport(plan, templates));
  await withBrowser(async (browser) => {
    for (const file of [plain, hostile]) {
      for (const javaScript of [true, false]) await checkPage(browser, file, javaScript);
    }
    const { page } = await openPage(browser, plain, true);
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: values.dark ? 'dark' : 'light' },
    ]);
    await takePicture(page, values.out, PICTURE_HEIGHT);
  });
} finally {
  await rm(folder, { recursive: true });
}

async function openPage(browser: Browser, file: string, javaScript: boolean) {
  const page = await browser.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.setViewport({ width: 1040, height: 800, deviceScaleFactor: 1.5 });
  await page.setJavaScriptEnabled(javaScript);
  await page.goto(pathToFileURL(file).href);
  return { page, asked, complaints };
}

async function checkPage(browser: Browser, file: string, javaScript: boolean): Promise<void> {
  const { page, asked, complaints } = await openPage(browser, file, javaScript);
  assert.deepEqual(asked, [pathToFileURL(file).href], 'the page asks for itself only');
  const seen = await countVisible(page, '#samples tbody tr');
  assert.ok(seen > 0, 'samples are shown');
  assert.equal(await countVisible(page, 'input'), javaScript ? 1 : 0, 'a search only where it works');
  assert.equal(await countVisible(page, 'svg'), 2, 'two charts');
  assert.ok(await fitsWidth(page), 'nothing reaches beyond the page');
  if (javaScript) {
    await page.type('input', 'no such key anywhere');
    assert.equal(await countVisible(page, '#samples tbody tr'), 0, 'the search hides what does not match');
    await page.$eval('input', (field) => {
      field.value = '';
      field.dispatchEvent(new Event('input'));
    });
    assert.equal(await countVisible(page, '#samples tbody tr'), seen, 'and shows it again');
  }
  assert.deepEqual(complaints, [], 'the browser has nothing to complain about');
  const pdf = await page.pdf();
  assert.ok(pdf.length > 10_000, 'it prints');
  process.stdout.write(
    `checked ${file}, JavaScript ${javaScript ? 'on' : 'off'}: ${seen} samples, ${pdf.length} bytes of PDF\n`,
  );
  await page.close();
}

/** Counts elements that take up room. Works without the page's own JavaScript: it asks the layout from outside. */
async function countVisible(page: Page, selector: string): Promise<number> {
  const boxes = await Promise.all((await page.$$(selector)).map((element) => element.boundingBox()));
  return boxes.filter((box) => box !== null && box.height > 0).length;
}

async function fitsWidth(page: Page): Promise<boolean> {
  const box = await (await page.$('html'))?.boundingBox();
  const widest = await Promise.all((await page.$$('body > *')).map((element) => element.boundingBox()));
  return widest.every((one) => one === null || one.x + one.width <= (box?.width ?? 0) + 1);
}
