/** The tables of the reference are held against the code that they describe. */
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as keys from '../../core/contract/keys.js';
import { ITEM_FORMATS } from '../../core/dataset/dataset-format.js';
import { ITEM_ERROR_CODES } from '../../core/contract/result-line.js';
import { projectRoot } from '../support/cli.js';
import { type Page, readPage } from './pages.js';

/** The names in the first column of the tables, which stand between backquotes. */
const firstColumn = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/^\| `([^`]+)`/gm)].map(({ 1: name = '' }) => name);

/** Every text that a member of this name has as its type in a file, and every text of a union with this name. */
function textsOf(file: string, name: string): readonly string[] {
  const source = ts.createSourceFile(
    file,
    ts.sys.readFile(path.join(projectRoot, file)) ?? '',
    ts.ScriptTarget.ES2022,
    true,
  );
  const found: string[] = [];
  const collect = (node: ts.Node): void => {
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) found.push(node.literal.text);
    else ts.forEachChild(node, collect);
  };
  const visit = (node: ts.Node): void => {
    const isWanted = ts.isPropertySignature(node) || ts.isTypeAliasDeclaration(node);
    if (isWanted && node.name.getText(source) === name && node.type !== undefined) collect(node.type);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('the page of events names every event of workers, controllers and displays, and no other', () => {
  const events = [
    ...textsOf('core/contract/events.ts', 'code'),
    ...textsOf('runner/controller/report.ts', 'ControllerEventCode'),
    ...textsOf('runner/display/events.ts', 'event'),
  ];
  expect(firstColumn(readPage('docs/reference/events.md')).toSorted()).toEqual([...new Set(events)].toSorted());
});

test('the page of datasets names every value of --format', () => {
  expect(readPage('docs/reference/datasets.md').text).toContain(`\`--format ${ITEM_FORMATS.join('|')}\``);
});

test("the page of the protocol names every code of spotpool's own errors, and no other", () => {
  const page = readPage('docs/reference/protocol.md');
  const codes = page.text.slice(page.text.indexOf('## Codes of errors'));
  expect(firstColumn({ name: page.name, text: codes }).toSorted()).toEqual(Object.values(ITEM_ERROR_CODES).toSorted());
});

test('the page of keys has a line for every key that the contract makes', () => {
  const made = [
    keys.fleetStateKey,
    keys.controllerMarkKey,
    keys.workerPointerKey,
    keys.workerBundleKey('<sha256>'),
    keys.exitTicketsPrefix,
    keys.instanceStatusKey('<instance>'),
    keys.instanceEventsPrefix('<instance>'),
    keys.reclaimedKey('<instance>'),
    keys.modelBundleKey('<sha256>'),
    keys.manifestKey('<job>'),
    keys.enqueuedKey('<job>'),
    keys.progressKey('<job>'),
    keys.endsKey('<job>'),
    keys.cancelledKey('<job>'),
    keys.doneKey('<job>'),
    keys.notifiedKey('<job>'),
    keys.attentionKey('<code>', '<day>'),
    keys.inputPrefix('<job>'),
    keys.planKey('<job>'),
    keys.sentKey('<job>'),
    keys.submitClaimKey('<job>'),
    keys.resultsPrefix('<job>'),
    keys.unableKey('<job>', '<instance>'),
    keys.jobEventsPrefix('<job>'),
  ];
  const named = firstColumn(readPage('docs/reference/keys.md'));
  expect(made.filter((key) => !named.some((line) => line.startsWith(key)))).toEqual([]);
});
