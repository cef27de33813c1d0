import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/record/job-record.js';
import { readPageAssets } from '../../../runner/page/assets.js';
import { embeddedJson, type PageAssets, pageHtml } from '../../../runner/page/html.js';
import { reportHtml } from '../../../runner/page/report.js';
import { HOSTILE, hostileRecord } from '../../support/hostile-record.js';
import { smallRecord } from '../../support/job-records.js';

/** Without its data, a page is small enough to be sent by mail. */
const MOST_BYTES = 250_000;

let assets: PageAssets;
beforeAll(async () => {
  assets = await readPageAssets();
});

/** Takes a document apart as a browser does: an element ends at its first end tag. */
function elementsOf(
  html: string,
  name: 'script' | 'style',
): readonly { readonly attributes: string; readonly text: string }[] {
  return [...html.matchAll(new RegExp(`<${name}([^>]*)>([\\s\\S]*?)</${name}`, 'gi'))].map(
    ({ 1: attributes = '', 2: text = '' }) => ({ attributes, text }),
  );
}

const dataOf = (html: string): unknown => {
  const text = elementsOf(html, 'script').find(({ attributes }) => attributes.includes('application/json'))?.text ?? '';
  return JSON.parse(text) as unknown;
};

describe('the text of a page', () => {
  it('allows exactly the script and the style in it, by their hashes, and no connection', () => {
    const html = reportHtml(smallRecord(), assets);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const code = elementsOf(html, 'script').filter(({ attributes }) => attributes === '');
    const styles = elementsOf(html, 'style');
    expect([code.length, styles.length]).toEqual([1, 1]);
    const hash = (text = ''): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(code[0]?.text)}`,
      `style-src ${hash(styles[0]?.text)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('lets a live page connect to its own server alone', () => {
    const html = pageHtml({ view: 'jobs', stack: 's', jobs: [] }, 'Jobs', assets);
    expect(html.includes("; connect-src 'self'; ")).toBe(true);
  });

  it('is at most 250 KB without its data', () => {
    const html = pageHtml({ view: 'job', job: 'herg', live: true }, 'herg', assets);
    expect(Buffer.byteLength(html)).toBeLessThan(MOST_BYTES);
  });

  it('holds hostile texts as data that no text can end', () => {
    const record: JobRecord = { ...hostileRecord(), job: 'herg' };
    const html = reportHtml(record, assets);
    expect(dataOf(html)).toMatchObject({ view: 'job', live: false, record: { name: record.name, gaps: record.gaps } });
    expect(/<script>window\.stolen|<img/.test(html)).toBe(false);
    const data = elementsOf(html, 'script').find(({ attributes }) => attributes.includes('application/json'))?.text;
    expect(data).not.toMatch(/[<>&\u2028\u2029]/);
  });

  it('has the title of a job as text', () => {
    const title = /<title>.*?<\/title>/s.exec(reportHtml(hostileRecord(), assets))?.[0];
    expect(title).toMatch(
      /^<title>&lt;\/script&gt;&lt;script&gt;window\.stolen = 1&lt;\/script&gt;&lt;img src=x onerror=&quot;/,
    );
  });
});

it('JSON in a page is the same JSON when it is read, and has no character of markup', () => {
  const value = { text: `<!-- ${HOSTILE} ]]> \u0000 \ud800`, list: [1, null, true] };
  const text = embeddedJson(value);
  expect(JSON.parse(text) as unknown).toEqual(value);
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
});
