/**
 * Writes and parses XML: replies are built from escaped strings; bodies are parsed into plain trees without
 * trimming (keys may be spaces).
 */
import { XMLParser } from 'fast-xml-parser';
import { countOf } from '../http/count-of.js';
import { malformedXml } from './errors.js';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A list of deletions may have an entity per byte of its keys: 1,000 keys of 1,024 bytes. */
const MAX_ENTITIES = 1_100_000;
const MAX_EXPANDED_LENGTH = 4 * 1024 * 1024;

/** Writes an element with text; an undefined value gives no element. */
export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeText(String(value))}</${name}>`;
}

/** Writes an element around elements that are encoded already. */
export const parent = (name: string, children: readonly string[]): string => `<${name}>${children.join('')}</${name}>`;

export const xmlDocument = (root: string, children: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${children.join('')}</${root}>`;

/** Error documents have no namespace. */
export const errorDocument = (fields: Readonly<Record<string, string>>): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${parent(
    'Error',
    Object.entries(fields).map(([name, value]) => leaf(name, value)),
  )}`;

/** Parsers change control characters and line ends, so they are written as references, as S3 does. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'\u0000-\u001f\u007f-\u009f\u2028\ufffe\uffff]/g, (character) => {
    const named = NAMED_REFERENCES[character];
    return named ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

const NAMED_REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

export type XmlElement = string | XmlParent;
export interface XmlParent {
  readonly [name: string]: readonly XmlElement[];
}

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignoreAttributes: true,
  removeNSPrefix: true,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  processEntities: {
    enabled: true,
    maxTotalExpansions: MAX_ENTITIES,
    maxExpandedLength: MAX_EXPANDED_LENGTH,
  },
});

/** The limit for documents that are not lists: the largest is a lifecycle of a thousand rules. */
const MAX_TAGS = 40_000;

/**
 * Parses a document and returns the content of its root element. Throws MalformedXML if the text is not XML, has
 * another root, or has too many tags. Tags are counted first, because each costs the parser more than its bytes.
 * None of S3's documents has a DTD.
 */
export function parseXml(text: string, root: string, mostTags = MAX_TAGS): XmlElement {
  if (text.includes('<!DOCTYPE') || countOf('<', text) > mostTags) throw malformedXml();
  let tree: Readonly<Record<string, unknown>>;
  try {
    tree = parser.parse(text, true) as Readonly<Record<string, unknown>>;
  } catch {
    throw malformedXml();
  }
  const found = tree[root];
  if (!Array.isArray(found) || found.length !== 1) throw malformedXml();
  return found[0] as XmlElement;
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return typeof element === 'string' ? [] : (element[name] ?? []);
}

/** Returns the text of the only child of that name; undefined if there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const children = childrenOf(element, name);
  if (children.length === 0) return undefined;
  const [child] = children;
  if (children.length > 1 || typeof child !== 'string') throw malformedXml();
  return child;
}
