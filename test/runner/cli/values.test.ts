import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../runner/cli/durations.js';
import * as values from '../../../runner/cli/values.js';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '5', 's', '-1s', '1d', '1s 2s', '1e3s'])('refuses %j', (text) => {
    expect(durationMs(text)).toBeUndefined();
    expect(() => values.duration(text)).toThrow('500ms, 2s, 5m or 1h');
  });
});

describe('option values', () => {
  it('accept whole numbers within their range only', () => {
    const parse = values.integerBetween(1, 100);
    expect(parse('100')).toBe(100);
    for (const wrong of ['0', '101', '1.5', '-1', 'many', '', '1e1', '0x10']) {
      expect(() => parse(wrong), wrong).toThrow('a whole number from 1 to 100');
    }
  });

  it('accept auto in place of a number', () => {
    const parse = values.orAuto(values.integerBetween(1, 9));
    expect(parse('auto')).toBe('auto');
    expect(parse('9')).toBe(9);
    expect(() => parse('10')).toThrow('It must be a whole number from 1 to 9, or auto.');
  });

  it('accept a number of slots, cpus or auto', () => {
    expect(values.slots('4')).toBe(4);
    expect(values.slots('cpus')).toBe('cpus');
    expect(() => values.slots('cpu')).toThrow('cpus (one slot per virtual CPU)');
  });

  it('accept seconds as a number or as a duration', () => {
    expect(values.seconds('90')).toBe(90);
    expect(values.seconds('500ms')).toBe(0.5);
    expect(() => values.seconds('0')).toThrow('seconds');
    expect(() => values.seconds('12h')).toThrow('11 hours');
  });

  it('accept one character, or tab, as the delimiter', () => {
    expect([';', '|', ' ', '~', 'tab', '\\t', '\t'].map(values.delimiter)).toEqual([
      ';',
      '|',
      ' ',
      '~',
      '\t',
      '\t',
      '\t',
    ]);
    for (const wrong of ['', ';;', '"', 'a', '1', '§', '\n', 'comma']) {
      expect(() => values.delimiter(wrong), wrong).toThrow('one ASCII character');
    }
  });

  it('collect environment variables with any value', () => {
    expect(values.environmentVariable('B=x=y ', values.environmentVariable('A='))).toEqual({ A: '', B: 'x=y ' });
    expect(() => values.environmentVariable('novalue')).toThrow('NAME=VALUE');
    expect(() => values.environmentVariable('1A=x')).toThrow('NAME=VALUE');
  });

  it('collect reclaims with and without notice', () => {
    expect(values.reclaim('12s:no-notice', values.reclaim('8s'))).toEqual([
      { afterMs: 8_000, noNotice: false },
      { afterMs: 12_000, noNotice: true },
    ]);
    expect(values.reclaim('1m:all:no-notice')).toEqual([{ afterMs: 60_000, noNotice: true, all: true }]);
    expect(values.reclaim('1m:all')).toEqual([{ afterMs: 60_000, noNotice: false, all: true }]);
    for (const wrong of ['8', '8s:notice', '8s:no-notice:x', '8s:no-notice:all', ':no-notice']) {
      expect(() => values.reclaim(wrong), wrong).toThrow('12s:no-notice');
    }
  });

  it('accept latencies of known services', () => {
    expect(values.latency('sqs=10ms,s3=30ms')).toEqual({ sqs: 10, s3: 30 });
    expect(() => values.latency('dns=10ms')).toThrow('sqs=10ms,s3=30ms');
    expect(() => values.latency('sqs=10')).toThrow('sqs=10ms,s3=30ms');
  });

  it('accept the ARN of a secret, and no secret itself', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/token-AbCdEf';
    expect(values.secret(`TOKEN=${arn}`, { A: arn })).toEqual({ A: arn, TOKEN: arn });
    for (const wrong of ['TOKEN=hunter2', arn, 'TOKEN=arn:aws:ssm:eu-west-1:123456789012:parameter/x', '1=']) {
      expect(() => values.secret(wrong), wrong).toThrow('NAME=ARN');
    }
  });

  it('refuse job ids that could not be part of a key', () => {
    expect(values.jobId('herg-1')).toBe('herg-1');
    for (const wrong of ['', 'a/b', '../x', 'A', 'x'.repeat(64)])
      expect(() => values.jobId(wrong), wrong).toThrow('id');
  });
});
