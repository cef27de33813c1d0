/**
 * How the values of a column become JSON text. No value loses a digit on its way (R14): the decoder gives the raw values, and they are written here. A value that
 * JSON cannot say is an `Unsayable`, and makes its row a failed item.
 */
import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import {
  dateText,
  intervalText,
  isTimeOfDay,
  NANOS_PER_DAY,
  type TimeUnit,
  timestampText,
  timeText,
} from './civil-time.js';

/** `reason` follows "holds": "NaN, which JSON has no number for". */
export class Unsayable {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export type ValueText = string | Unsayable;

export interface LeafType {
  /** The kind of the JSON values. Columns of several files must agree in it. */
  readonly kind: string;
  readonly write: (value: unknown) => ValueText;
  /** True when a value may be an integer that a double cannot hold. */
  readonly mayBeBig?: boolean;
}

/** Returns a clause about the column when its type cannot be read. */
export function leafType(element: SchemaElement): LeafType | string {
  const { type, logical_type: logical, converted_type: converted } = element;
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'boolean', write: (value) => (value === true ? 'true' : 'false') };
    case 'INT32':
    case 'INT64':
      return integerType(element);
    case 'INT96':
      return { kind: 'timestamp', write: (value) => `"${timestampText(nanosOfInt96(value as bigint), 'NANOS')}"` };
    case 'FLOAT':
    case 'DOUBLE':
      return { kind: 'number', write: floatText };
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical?.type === 'BSON' || converted === 'BSON') return 'is BSON';
      return bytesType(element);
    default:
      return 'has a type that is not known';
  }
}

function integerType(element: SchemaElement): LeafType | string {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'NULL') return { kind: 'null', write: () => 'null' };
  if (isDecimal(element)) return decimalType(element, (value) => BigInt(value as number | bigint));
  if (logical?.type === 'DATE' || converted === 'DATE') {
    return { kind: 'date', write: (value) => `"${dateText(Number(value))}"` };
  }
  const timestamp = timestampUnit(element);
  if (timestamp !== undefined) {
    const zone = timestamp.utc ? 'Z' : '';
    const write = (value: unknown): string => `"${timestampText(BigInt(value as bigint), timestamp.unit)}${zone}"`;
    return { kind: timestamp.utc ? 'timestamp in UTC' : 'timestamp', write };
  }
  const time = timeUnit(element);
  if (time !== undefined) return timeType(time.unit, time.utc);
  const unsigned = logical?.type === 'INTEGER' ? !logical.isSigned : converted?.startsWith('UINT_') === true;
  if (type === 'INT32') {
    return { kind: 'integer', write: unsigned ? (value) => String((value as number) >>> 0) : (value) => String(value) };
  }
  return {
    kind: 'integer',
    write: unsigned ? (value) => String(BigInt.asUintN(64, value as bigint)) : (value) => String(value),
    mayBeBig: true,
  };
}

function timeType(unit: TimeUnit, utc: boolean): LeafType {
  const write = (value: unknown): ValueText => {
    const count = BigInt(value as number | bigint);
    if (!isTimeOfDay(count, unit)) return new Unsayable(`${count} ${unit.toLowerCase()}, which is no time of a day`);
    return `"${timeText(count, unit)}${utc ? 'Z' : ''}"`;
  };
  return { kind: 'time', write };
}

interface UnitAndZone {
  readonly unit: TimeUnit;
  readonly utc: boolean;
}

/** The types before Parquet 2.4 name no zone. Their counts are from UTC by definition. */
function timestampUnit({ logical_type: logical, converted_type: converted }: SchemaElement): UnitAndZone | undefined {
  if (logical?.type === 'TIMESTAMP') return { unit: logical.unit, utc: logical.isAdjustedToUTC };
  if (converted === 'TIMESTAMP_MILLIS') return { unit: 'MILLIS', utc: true };
  return converted === 'TIMESTAMP_MICROS' ? { unit: 'MICROS', utc: true } : undefined;
}

function timeUnit({ logical_type: logical, converted_type: converted }: SchemaElement): UnitAndZone | undefined {
  if (logical?.type === 'TIME') return { unit: logical.unit, utc: logical.isAdjustedToUTC };
  if (converted === 'TIME_MILLIS') return { unit: 'MILLIS', utc: true };
  return converted === 'TIME_MICROS' ? { unit: 'MICROS', utc: true } : undefined;
}

const JULIAN_DAY_OF_1970 = 2_440_588n;

/** The decoder puts the day above the 64 bits of the nanoseconds. */
const nanosOfInt96 = (value: bigint): bigint =>
  (BigInt.asIntN(32, value >> 64n) - JULIAN_DAY_OF_1970) * NANOS_PER_DAY + BigInt.asUintN(64, value);

/**
 * Writes a float with the fewest digits that a double reads back as exactly this value. So the float32 nearest to 0.1 is 0.10000000149011612. A whole number has
 * a decimal point, because some readers would make it an integer.
 */
function floatText(value: unknown): ValueText {
  const number = value as number;
  if (!Number.isFinite(number)) return new Unsayable(`${number}, which JSON has no number for`);
  if (Object.is(number, -0)) return '-0.0';
  return Number.isInteger(number) && Math.abs(number) < 1e21 ? `${number}.0` : String(number);
}

const isDecimal = ({ logical_type: logical, converted_type: converted }: SchemaElement): boolean =>
  logical?.type === 'DECIMAL' || converted === 'DECIMAL';

/** No writer has a larger scale. It bounds the zeros that are added. */
const MAX_SCALE = 10_000;

/** Another scale is against the rules of Parquet. Other readers refuse it, too, and a guess would be another number. */
function decimalType(element: SchemaElement, unscaled: (value: unknown) => bigint): LeafType | string {
  const scale = (element.logical_type?.type === 'DECIMAL' ? element.logical_type.scale : element.scale) ?? 0;
  if (scale < 0 || scale > MAX_SCALE) return `is a decimal with a scale of ${scale}`;
  return { kind: 'decimal', write: (value) => `"${decimalText(unscaled(value), scale)}"` };
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function bytesType(element: SchemaElement): LeafType | string {
  const { logical_type: logical, converted_type: converted, type_length: length } = element;
  if (isDecimal(element)) return decimalType(element, (value) => signedInteger(value as Uint8Array));
  switch (logical?.type ?? converted) {
    case 'STRING':
    case 'UTF8':
    case 'ENUM':
      return { kind: 'string', write: (value) => stringText(value as Uint8Array) };
    case 'JSON':
      return { kind: 'JSON', write: (value) => jsonText(value as Uint8Array), mayBeBig: true };
    case 'UUID':
      if (length === 16) return { kind: 'UUID', write: (value) => uuidText(value as Uint8Array) };
      break;
    case 'FLOAT16':
      if (length === 2) return { kind: 'number', write: (value) => floatText(float16(value as Uint8Array)) };
      break;
    case 'INTERVAL':
      if (length === 12) return { kind: 'interval', write: (value) => `"${intervalText(value as Uint8Array)}"` };
      break;
    default:
  }
  // An annotation that does not fit the length, or one that is not known, leaves bytes.
  return { kind: 'binary', write: (value) => base64Text(value as Uint8Array) };
}

/** Reads a big-endian integer in two's complement. */
function signedInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${asBuffer(bytes).toString('hex')}`));
}

const REPLACEMENT = '\ufffd';

function stringText(bytes: Uint8Array): ValueText {
  const text = asBuffer(bytes).toString('utf8');
  if (text.includes(REPLACEMENT) && !isUtf8(bytes)) return new Unsayable('a text that is not valid UTF-8');
  return JSON.stringify(text);
}

/** A JSON text stays as it is, except for line ends between its values, because an item is one line. */
function jsonText(bytes: Uint8Array): ValueText {
  if (!isUtf8(bytes)) return new Unsayable('a text that is not valid UTF-8');
  const text = asBuffer(bytes).toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return new Unsayable('a text that is not JSON, although its type is JSON');
  }
  return text.trim().replaceAll(/[\r\n]/g, ' ');
}

const base64Text = (bytes: Uint8Array): string => `"${asBuffer(bytes).toString('base64')}"`;

function uuidText(bytes: Uint8Array): string {
  const hex = asBuffer(bytes).toString('hex');
  return `"${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}"`;
}

function float16(bytes: Uint8Array): number {
  const bits = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const sign = bits >> 15 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
