/** Reads the script and the style of the page, which the build has bundled. */
import { readFile } from 'node:fs/promises';
import { installedFiles } from '../local-cloud/paths.js';
import type { PageAssets } from './html.js';

export async function readPageAssets(): Promise<PageAssets> {
  const { pageScript, pageStyle } = installedFiles();
  const [script, style] = await Promise.all([readFile(pageScript, 'utf8'), readFile(pageStyle, 'utf8')]);
  return { script, style };
}
