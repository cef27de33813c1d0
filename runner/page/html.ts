/**
 * Makes the text of a page: one HTML document that holds its style, its script and its data, and asks nobody for anything.
 *
 * Invariants:
 * - The policy in the document allows exactly the style and the script in it, by their hashes. A report may not connect to anything.
 * - The data is JSON in which no character can end the element that holds it. The script shows values as text, never as markup.
 */
import { createHash } from 'node:crypto';
import { DATA_ELEMENT, type PageData, ROOT_ELEMENT } from './page-data.js';

/** The bundled script and style of the page, as text. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** The icon in a browser's tab: a ring in the colour of work. It is part of the document. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='5' fill='none' stroke='%230f766e' stroke-width='4'/%3E%3C/svg%3E";

export const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export function policyOf({ script, style }: PageAssets, { live }: { readonly live: boolean }): string {
  return [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    'img-src data:',
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Characters that could end a script element, begin a comment in it, or break a line of JavaScript, as JSON's own escapes. */
export const embeddedJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapedText = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

export function pageHtml(data: PageData, title: string, assets: PageAssets): string {
  const live = data.view === 'jobs' || data.live;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(assets, { live })}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="spotpool">
<title>${escapedText(title)}</title>
<link rel="icon" href="${ICON}">
<style>${assets.style}</style>
</head>
<body>
<div id="${ROOT_ELEMENT}"></div>
<noscript>This page draws the record of a job by a script that is in it. The browser does not run scripts.</noscript>
<script type="application/json" id="${DATA_ELEMENT}">${embeddedJson(data)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
}
