// Writes THIRD-PARTY-NOTICES: the licences of the packages whose code is in the bundles (MIT, BSD and Apache ask for it). `npm run build` first.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const RULE = '-'.repeat(80);
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const FILE = path.join(root, 'THIRD-PARTY-NOTICES');

/** The text of THIRD-PARTY-NOTICES for the bundles that were built last. Packages with the same licence text stand together. */
export function noticesText() {
  const folders = JSON.parse(readFileSync(path.join(root, 'dist/bundle/packages.json'), 'utf8'));
  const byText = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const texts = readdirSync(path.join(root, folder))
      .filter((file) => LICENCE_FILE.test(file))
      .sort()
      .map((file) =>
        readFileSync(path.join(root, folder, file), 'utf8')
          .replaceAll('\r\n', '\n')
          .trim(),
      );
    const text = texts.join('\n\n') || `The package has no licence file; its package.json says ${license}.`;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...byText].map(([text, names]) => [[...new Set(names)].sort().join('\n'), text]);
  sections.sort(([a], [b]) => (a < b ? -1 : 1));
  const head =
    'The bundles of spotpool contain code of these packages. Each list of packages is followed by its licence.';
  return `${[head, ...sections.map(([names, text]) => `${RULE}\n${names}\n\n${text}`)].join('\n\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(FILE, noticesText());
