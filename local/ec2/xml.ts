/** Writes the XML of answers: a list becomes `<name><item>…</item></name>`, undefined is left out. */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | XmlRecord;
export interface XmlRecord {
  readonly [name: string]: XmlValue;
}

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function answerXml(action: string, requestId: string, answer: XmlRecord): string {
  const name = `${action}Response`;
  return `${DECLARATION}<${name} xmlns="${NAMESPACE}">${children({ requestId, ...answer })}</${name}>`;
}

export function errorXml(code: string, message: string, requestId: string): string {
  const error = `<Error>${children({ Code: code, Message: message })}</Error>`;
  return `${DECLARATION}<Response><Errors>${error}</Errors>${element('RequestID', requestId)}</Response>`;
}

const children = (record: XmlRecord): string =>
  Object.entries(record)
    .map(([name, value]) => element(name, value))
    .join('');

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map((item) => element('item', item)).join('');
  return children(value);
}

const isList = (value: readonly XmlValue[] | XmlRecord): value is readonly XmlValue[] => Array.isArray(value);

/** Characters that XML 1.0 lacks become U+FFFD: one of them would make the whole answer unreadable. */
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escapeText = (text: string): string =>
  text
    .replace(NOT_IN_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
