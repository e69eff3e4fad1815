import axe from 'axe-core';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

const executablePath = process.env['UNDERSTUDY_CHROMIUM'] ?? '/usr/bin/chromium';
const isMissing = !existsSync(executablePath) && process.env['UNDERSTUDY_CHROMIUM'] === undefined;

let scene: Scene;
let browser: Browser;
let page = '';

beforeAll(async () => {
  if (isMissing) return;
  scene = await openScene();
  await fillStore(
    scene.path('understudy.db'),
    Array.from({ length: 12 }, (_, index) => ({
      id: `req_${index}`,
      baseline: `{"city":"Paris","n":${index}}`,
      candidate: `{"city":"${index % 3 === 0 ? 'Paris' : '<b>Lyon</b>'}","n":${index}}`,
    })),
  );
  page = (await scene.run(['summary', '--format=html'])).stdout;
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(async () => {
  if (isMissing) return;
  await browser.close();
  await scene.close();
});

/** Opens the report; `problems` collects what the browser blocked or could not run. */
const open = async (
  options: { readonly colorScheme?: 'light' | 'dark'; readonly javaScriptEnabled?: boolean } = {},
): Promise<{ readonly tab: Page; readonly problems: readonly string[] }> => {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  const tab = await context.newPage();
  const problems: string[] = [];
  tab.on('console', (message) => problems.push(message.text()));
  tab.on('pageerror', (error) => problems.push(error.message));
  tab.on('request', (request) => {
    if (!request.url().startsWith('data:') && request.url() !== 'about:blank') {
      problems.push(request.url());
    }
  });
  await tab.setContent(page);
  return { tab, problems };
};

// .ci/run installs the browser and sets UNDERSTUDY_CHROMIUM, so that it is not skipped there.
describe.skipIf(isMissing)('the HTML report in a browser', () => {
  it('has its content, asks for nothing and violates no policy of its own', async () => {
    const { problems, tab } = await open();
    expect(await tab.title()).toBe('recorded:first → recorded:second');
    expect(await tab.locator('svg[role=img]').count()).toBeGreaterThan(0);
    const details = tab.locator('details');
    expect(await details.count()).toBe(12);
    await details.first().locator('summary').click();
    expect(await details.first().locator('.added mark').first().textContent()).toContain('<b>');
    // The style is in force.
    const font = await tab.evaluate('getComputedStyle(document.body).fontFamily');
    expect(font).toContain('system-ui');
    expect(problems).toEqual([]);
  });

  it('works without JavaScript', async () => {
    const { tab } = await open({ javaScriptEnabled: false });
    await tab.locator('summary').first().click();
    expect(await tab.locator('details[open] .diff').first().isVisible()).toBe(true);
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds (%s)', async (colorScheme) => {
    const { tab } = await open({ colorScheme });
    await tab.locator('summary').first().click();
    // Evaluated from outside, which the policy of the page does not concern.
    await tab.evaluate(axe.source);
    const found = (await tab.evaluate('axe.run()')) as axe.AxeResults;
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual(
      [],
    );
  });

  it('prints every pair open', async () => {
    const { tab } = await open();
    await tab.emulateMedia({ media: 'print' });
    expect(await tab.locator('details .diff').last().isVisible()).toBe(true);
    expect((await tab.pdf()).length).toBeGreaterThan(10_000);
  });
});
