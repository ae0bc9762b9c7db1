import { existsSync } from 'node:fs';
import process from 'node:process';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Opens the Chromium of this machine (`CHROMIUM` names another one) and closes it after `use`. */
export async function withBrowser<T>(use: (browser: Browser) => Promise<T>): Promise<T> {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium found. Install one (Debian: apt-get install chromium) or set CHROMIUM to its path.',
    );
  }
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--hide-scrollbars'],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** Takes a picture of a page, as high as it is, or as high as given. */
export async function takePicture(page: Page, path: string, maxHeight = 20_000): Promise<void> {
  const { width = 900 } = page.viewport() ?? {};
  const height = await page.evaluate(() =>
    Math.ceil(document.documentElement.getBoundingClientRect().height),
  );
  await page.screenshot({
    path: path as `${string}.png`,
    clip: { x: 0, y: 0, width, height: Math.min(height, maxHeight) },
  });
  process.stdout.write(`wrote ${path}, ${width} x ${Math.min(height, maxHeight)}\n`);
}
