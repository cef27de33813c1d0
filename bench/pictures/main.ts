/**
 * Takes the pictures of the documentation in the Chromium on the PATH: the report of `npm start`, and that of a made-up large job. `npm run pictures` writes
 * them to docs/pictures/; with a folder behind it, it takes one of each made-up record, in each colour scheme and width, so that a change of the page can be
 * looked at.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import type { JobRecord } from '../../core/record/job-record.js';
import { readPageAssets } from '../../runner/page/assets.js';
import { reportHtml } from '../../runner/page/report.js';
import { launchChromium, openPage, type View } from '../../test/support/browser.js';
import { hostileRecord } from '../../test/support/hostile-record.js';
import { failedRecord, runningRecord, smallRecord } from '../../test/support/job-records.js';
import { largeRecord } from '../../test/support/large-record.js';

/** `npm start` writes it. A picture of the README shows a job that did run. */
const REAL_REPORT = '.spotpool/herg.html';

interface Picture extends View {
  readonly name: string;
  /** The report of `npm start` is shown when it is absent. */
  readonly record?: () => JobRecord;
  /** The height of the part that is shown, from the page's top. The whole page when it is absent. */
  readonly top?: number;
  /** The element that is shown in place of the page. */
  readonly part?: string;
}

const FOR_DOCS: readonly Picture[] = [
  { name: 'report', width: 1_080, top: 800 },
  { name: 'report-large', record: largeRecord, width: 1_080, part: '#timeline', scheme: 'dark' },
];

const RECORDS = {
  small: smallRecord,
  failed: failedRecord,
  running: runningRecord,
  hostile: hostileRecord,
  large: largeRecord,
  rows: () => largeRecord(150),
};

const FOR_REVIEW: readonly Picture[] = Object.entries(RECORDS).flatMap(([name, record]) =>
  [1_280, 375].flatMap((width) =>
    (['light', 'dark'] as const).map((scheme) => ({ name: `${name}-${width}-${scheme}`, record, width, scheme })),
  ),
);

async function take(
  browser: Browser,
  { name, record, top, part, ...view }: Picture,
  work: string,
  folder: string,
): Promise<void> {
  const file = record === undefined ? path.resolve(REAL_REPORT) : path.join(work, `${name}.html`);
  if (record !== undefined) await writeFile(file, reportHtml(record(), await readPageAssets()));
  if (!existsSync(file)) throw new Error(`There is no ${REAL_REPORT}. Run npm start first, which writes it.`);
  const { page, complaints } = await openPage(browser, pathToFileURL(file).href, view);
  const picture: `${string}.png` = `${folder}/${name}.png`;
  const element = part === undefined ? null : await page.$(part);
  if (element !== null) await element.screenshot({ path: picture });
  else if (top === undefined) await page.screenshot({ path: picture, fullPage: true });
  else await page.screenshot({ path: picture, clip: { x: 0, y: 0, width: view.width, height: top } });
  await page.close();
  process.stdout.write(`${[picture, ...complaints].join('\n  ')}\n`);
}

const [folder, only = ''] = process.argv.slice(2);
const work = await mkdtemp(path.join(os.tmpdir(), 'spotpool-pictures-'));
const browser = await launchChromium();
try {
  const out = folder ?? 'docs/pictures';
  await mkdir(out, { recursive: true });
  const pictures = folder === undefined ? FOR_DOCS : FOR_REVIEW.filter(({ name }) => name.startsWith(only));
  for (const picture of pictures) await take(browser, picture, work, out);
} finally {
  await browser.close();
  await rm(work, { recursive: true, force: true });
}
