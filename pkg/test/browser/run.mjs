/**
 * Runs the shared tests in headless Chromium: `CHROME=/usr/bin/chromium node test/browser/run.mjs`.
 *
 * Serves pkg/ and, read-only below /repo/, the repository on a local port, opens page.html, prints what the page
 * reports, and fails if a test failed or if the page logged an error.
 */
import { chromium } from 'playwright-core';

import { serveFake } from '../fake/server.mjs';
import { serve } from './server.mjs';

const PATIENCE_MS = 120_000;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

const emulator = {
  url: process.env.GRANTLINE_EMULATOR,
  systems: JSON.parse(process.env.GRANTLINE_EMULATOR_SYSTEMS ?? '{}'),
};
if (!process.env.CHROME) throw new Error('CHROME must be the path of Chromium or Chrome');

const fake = await serveFake();
const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROME, headless: true, args: FLAGS });
try {
  const { passed, failed } = await run();
  console.log(`${passed} passed, ${failed} failed (Chromium ${browser.version()})`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} finally {
  await browser.close();
  server.close();
  fake.close();
}

async function run() {
  const page = await browser.newPage();
  const count = { passed: 0, failed: 0 };
  const fail = (message) => {
    count.failed += 1;
    console.error(message);
  };

  const broken = new Promise((resolve) => {
    page.on('pageerror', (error) => resolve(fail(`✖ uncaught in the page: ${error.stack}`)));
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message)) {
      fail(`✖ logged by the page: ${message.text()} (${message.location().url})`);
    }
  });
  await page.exposeFunction('report', ({ title, error, milliseconds }) => {
    if (error) return fail(`✖ ${title} (${milliseconds} ms)\n${error}`);
    count.passed += 1;
    console.log(`✔ ${title} (${milliseconds} ms)`);
  });
  const { url, closed, down } = fake;
  await page.addInitScript((values) => Object.assign(globalThis, values), { emulator, fake: { url, closed, down } });

  await page.goto(`${server.url}/test/browser/page.html`);
  const finished = page.waitForFunction(() => globalThis.finished === true, null, { timeout: PATIENCE_MS });
  await Promise.race([finished, broken]);
  return count;
}

/** Chromium logs every answer with an error status as an error, and every failure; many tests ask for just that. */
function isExpected(message) {
  const servers = [emulator.url, fake.url, fake.closed, fake.down].filter(Boolean);
  const isLoading = message.text().startsWith('Failed to load resource');
  const isClosed = message.text().startsWith(`Access to fetch at '${fake.closed}/`);
  return isClosed || (isLoading && servers.some((url) => message.location().url.startsWith(url)));
}
