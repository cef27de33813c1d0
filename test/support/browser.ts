/** A real Chromium for tests of the page, and what a page does in it: errors, requests, broken policies. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Returns the browser's program on the PATH. Without one the test fails with what to install. */
export function chromiumProgram(): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    'There is no Chromium, in which these tests open the page of a job. Install it (Debian and Ubuntu: apt-get install chromium), or put chromium, chromium-browser or google-chrome on the PATH.',
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const launchChromium = (): Promise<Browser> =>
  puppeteer.launch({
    executablePath: chromiumProgram(),
    // In a container root has no user namespaces for the sandbox, and /dev/shm is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars'],
  });

export interface OpenedPage {
  readonly page: Page;
  /** Messages of the console, errors that nobody caught, and violations of the policy. */
  readonly complaints: readonly string[];
  /** The addresses that the page asked for, its own excepted. */
  readonly requests: readonly string[];
}

export interface View {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

export async function openPage(
  browser: Browser,
  address: string,
  { width, height = 900, scheme = 'light' }: View,
): Promise<OpenedPage> {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${String(error)}`));
  page.on('request', (request) => {
    const url = request.url();
    if (url !== address && !url.startsWith('data:')) requests.push(url);
  });
  // The console tells of violations, too, but not in every version.
  await page.evaluateOnNewDocument(
    "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))",
  );
  await page.goto(address, { waitUntil: 'load' });
  return { page, complaints, requests };
}
