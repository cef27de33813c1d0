/** The page of a job in a real Chromium: what it shows, what it asks for, and how large it gets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../core/record/job-record.js';
import { readPageAssets } from '../../runner/page/assets.js';
import { serveLivePage } from '../../runner/page/live/server.js';
import { reportHtml } from '../../runner/page/report.js';
import { systemClock } from '../../runner/wiring/clock.js';
import { launchChromium, openPage, type OpenedPage, type View } from '../support/browser.js';
import { FROM_THE_RIGHT, HOSTILE, hostileRecord } from '../support/hostile-record.js';
import { failedRecord, runningRecord, smallRecord } from '../support/job-records.js';
import { largeRecord } from '../support/large-record.js';

const DESKTOP: View = { width: 1280 };
const DARK_PHONE: View = { width: 375, height: 800, scheme: 'dark' };

let browser: Browser;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-page-'));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

let files = 0;
async function openReport(record: JobRecord, view: View = DESKTOP): Promise<OpenedPage> {
  const file = path.join(directory, `report-${(files += 1)}.html`);
  await writeFile(file, reportHtml(record, await readPageAssets()));
  return openPage(browser, pathToFileURL(file).href, view);
}

const textOf = async ({ page }: OpenedPage, selector = 'main'): Promise<string> =>
  page.$eval(selector, (element) => (element as unknown as { readonly innerText: string }).innerText);

const countOf = async ({ page }: OpenedPage, selector: string): Promise<number> => (await page.$$(selector)).length;

it('shows every column of the cost on a phone', async () => {
  const opened = await openReport(smallRecord(), DARK_PHONE);
  const hidden = await opened.page.$eval('#cost .scroll', (element) => {
    const { scrollWidth, clientWidth } = element as unknown as { scrollWidth: number; clientWidth: number };
    return scrollWidth - clientWidth;
  });
  expect(hidden).toBe(0);
  await opened.page.close();
});

const records: Readonly<Record<string, () => JobRecord>> = {
  'a small job': smallRecord,
  'a failed job': failedRecord,
  'a job that runs': runningRecord,
  'a job with hostile texts': hostileRecord,
  'a job without instances': () => ({
    ...smallRecord(),
    pool: { ...smallRecord().pool, instances: [], fleet: [] },
    pace: { done: [], phases: [], shapes: [] },
    cost: { instanceSeconds: 0, byType: [], sharedWith: [] },
  }),
};

describe.each(Object.entries(records))('the report of %s', (_name, recordOf) => {
  it.each([
    ['on a desktop', DESKTOP],
    ['on a phone in the dark', DARK_PHONE],
  ])('asks for nothing, breaks no policy, and has no sideways scroll %s', async (_where, view) => {
    const opened = await openReport(recordOf(), view);
    expect(await textOf(opened, 'h1')).not.toBe('');
    const { scrollWidth, clientWidth } = (await opened.page.evaluate(
      '({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })',
    )) as { readonly scrollWidth: number; readonly clientWidth: number };
    // Without a scrollbar the root keeps its place free, so the content may be narrower.
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expect(clientWidth).toBeLessThanOrEqual(view.width);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
    await opened.page.close();
  });
});

describe('the report', () => {
  it('begins with one line of truth, and tells why items failed before anything else', async () => {
    const opened = await openReport(smallRecord());
    const text = await textOf(opened);
    expect(text).toMatch(
      /^Complete\n+20261128-080245-vpb4p7\n+examples\/molecules\/model\.ts over \.spotpool\/drugs\.txt · 7,236 items · /,
    );
    expect(text).toMatch(/items ok\n7,119\n98 % of 7,236\nfailed\n117\n.*time\n35 s\n.*cost on Spot\n\$0\.00\d+/s);
    const order = ['What failed', 'Timeline', 'Items a second', 'Instances and batches left', 'Cost by instance type'];
    expect(order.map((title) => text.indexOf(title))).toEqual(
      order.map((title) => text.indexOf(title)).toSorted((a, b) => a - b),
    );
    expect(text).toContain('The ring bond 1 of "C1CCO[Pt]" is not closed.');
    await opened.page.close();
  });

  it('says of a number that nobody knows that it is unknown, and shows the gaps', async () => {
    const opened = await openReport(runningRecord());
    const text = await textOf(opened);
    expect(text).toMatch(/cost on Spot\nunknown/);
    expect(text).toMatch(/saved\nunknown/);
    expect(text).toContain('The prices of c7g.large could not be read, so the cost is not known.');
    await opened.page.close();
  });

  it('shows hostile texts as text', async () => {
    const opened = await openReport(hostileRecord());
    const text = await textOf(opened);
    expect(await opened.page.evaluate('window.stolen')).toBeUndefined();
    expect(await countOf(opened, 'img')).toBe(0);
    // The separators of lines are white space to the browser.
    expect(text).toContain(HOSTILE.slice(0, HOSTILE.indexOf('\u2028')));
    expect(text).toContain(FROM_THE_RIGHT.slice(1));
    await opened.page.close();
  });

  it('lets the keyboard reach each chart and table, and reads a chart by the arrow keys', async () => {
    const opened = await openReport(smallRecord());
    const { page } = opened;
    const reached: string[] = [];
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      // Behind the last element the focus leaves the page.
      if (await page.evaluate('document.activeElement === document.body')) break;
      const name = await page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
      );
      reached.push(String(name));
      if (String(name).startsWith('Timeline of')) {
        await page.keyboard.press('ArrowDown');
        expect(await textOf(opened, '#timeline .readout')).toMatch(/in · .*c7g\.large i-0+c/);
      }
      if (name === 'Items a second') {
        await page.keyboard.press('ArrowRight');
        await page.waitForFunction("/ in$/.test(document.querySelector('#pace .readout').innerText.trim())");
      }
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).toBe('solid');
    }
    expect(reached).toEqual(
      expect.arrayContaining([
        'Timeline of 8 instances',
        'Instances as a table',
        'Items a second',
        'Items a second as a table',
        'Target and fulfilled',
        'Batches left',
        'Cost by instance type',
        'Measured times',
      ]),
    );
    await page.close();
  });

  it('has a table behind each chart, whose rows are made when it is opened', async () => {
    const opened = await openReport(smallRecord());
    expect(await countOf(opened, '.behind table')).toBe(0);
    expect(await countOf(opened, '.behind')).toBe(4);
    await opened.page.click('#timeline .behind summary');
    await opened.page.waitForSelector('#timeline .behind table');
    expect(await countOf(opened, '#timeline .behind tbody tr')).toBe(8);
    expect(await textOf(opened, '#timeline .behind table')).toContain('reclaimed by AWS');
    await opened.page.close();
  });

  it('does not move its parts after the first paint', async () => {
    const opened = await openReport(smallRecord());
    const shift = await opened.page.evaluate(
      "new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => done(0), 300))",
    );
    expect(shift).toBe(0);
    await opened.page.close();
  });

  it('is dark for those who want it dark', async () => {
    const background = async (scheme: 'light' | 'dark'): Promise<unknown> => {
      const { page } = await openReport(smallRecord(), { ...DESKTOP, scheme });
      const colour = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      await page.close();
      return colour;
    };
    expect(await background('light')).toBe('rgb(251, 251, 249)');
    expect(await background('dark')).toBe('rgb(18, 21, 23)');
  });
});

describe('a record of 500 instances and 100,000 batches', () => {
  it('is drawn with few elements: the instances are summed up by phase', async () => {
    const opened = await openReport(largeRecord(500));
    expect(await textOf(opened)).toContain('100,000 batches');
    expect(await countOf(opened, '#timeline path.phase')).toBeGreaterThan(5);
    // A row for each instance would be thousands of elements.
    expect(await opened.page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(700);
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  it('has all instances in its table', async () => {
    const opened = await openReport(largeRecord(500));
    await opened.page.click('#timeline .behind summary');
    await opened.page.waitForSelector('#timeline .behind table');
    expect(await countOf(opened, '#timeline .behind tbody tr')).toBe(500);
    await opened.page.close();
  });

  it('has few elements with 200 rows, too', async () => {
    const opened = await openReport(largeRecord(200));
    expect(await opened.page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(700);
    await opened.page.close();
  });
});

describe('the live page', () => {
  it('shows a newer record when there is one, and says when the command has ended', async () => {
    let record = runningRecord();
    const server = await serveLivePage({
      root: {
        empty: { view: 'job', job: record.job, live: true },
        title: record.job,
        read: async () => ({ view: 'job', job: record.job, live: true, record }),
      },
      assets: await readPageAssets(),
      clock: systemClock,
      token: 'a-token-for-a-test',
    });
    const opened = await openPage(browser, server.address, DESKTOP);
    await opened.page.waitForSelector('.state');
    expect(await textOf(opened, '.state')).toBe('Running');
    record = smallRecord();
    await server.close('The command has ended.');
    await opened.page.waitForSelector('.live-over');
    expect(await textOf(opened, '.state')).toBe('Complete');
    expect(await textOf(opened, '.live')).toBe('The command has ended.');
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([`${server.address}events`]);
    await opened.page.close();
  });

  it('leads from the list of jobs to the page of each, below the same token', async () => {
    const record = failedRecord();
    const { job } = record;
    const listed = { job, state: record.how.state, items: record.outcomes.items, createdAt: record.what.createdAt };
    const names = { createdBy: HOSTILE, model: 'model.ts', dataset: 'data.jsonl' };
    const server = await serveLivePage({
      root: {
        empty: { view: 'jobs', stack: 'herd' },
        title: 'Jobs of herd',
        read: async () => ({ view: 'jobs', stack: 'herd', jobs: [{ ...listed, ...names }] }),
      },
      jobPage: (id) => ({
        empty: { view: 'job', job: id, live: true },
        title: id,
        read: async () => ({ view: 'job', job: id, live: true, record }),
      }),
      assets: await readPageAssets(),
      clock: systemClock,
      token: 'a-token-for-a-test',
    });
    const opened = await openPage(browser, server.address, { width: 375 });
    await opened.page.waitForSelector('tbody a');
    expect(await opened.page.evaluate('window.stolen')).toBeUndefined();
    await opened.page.click('tbody a');
    await opened.page.waitForSelector('.state');
    expect(opened.page.url()).toBe(`${server.address}job/${job}/`);
    expect(await textOf(opened, '.state')).toBe('Failed');
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
    await server.close('The command has ended.');
  });
});
