import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress, readKey } from '../../../core/notify/address.js';
import { readSecretAddress } from '../../../core/notify/secret.js';

const KEY = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

describe('an address to notify', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0/x', 'slack', 'Slack'],
    ['https://hooks.slack-gov.com/services/T0/B0/x', 'slack', 'Slack'],
    ['https://hooks.slack.com.example.org/services/T0', 'json', 'example.org'],
    ['https://example.org/hook?token=x', 'json', 'example.org'],
    ['http://t0k3n.m.pipes.example.net/', 'json', 'example.net'],
    ['https://t0k3n.hooks.example.co.uk/', 'json', 'example.co.uk'],
    ['http://127.0.0.1:8080/x', 'json', '127.0.0.1'],
    ['http://localhost:8080/x', 'json', 'localhost'],
    ['HTTPS://EXAMPLE.ORG/x', 'json', 'example.org'],
  ])('%s gets its form from its host, and is named by the end of the host alone', (url, form, shown) => {
    const read = readAddress(url);
    expect(read).toMatchObject({ kind: 'read', value: { form, shown } });
  });

  it.each([
    ['', 'is empty'],
    ['ftp://example.org/x', 'is not a web address'],
    ['example.org/x', 'is not a web address'],
    ['https://', 'is not a web address'],
    ['https://exa mple.org', 'has a blank or a control character in it'],
    ['https://example.org/\n', 'has a blank or a control character in it'],
    ['https://me:secret@example.org/', 'has a user or a password before its host'],
    [`https://example.org/${'x'.repeat(2_048)}`, 'has more than 2048 characters'],
  ])('is refused when it is %j', (url, problem) => {
    const read = readAddress(url);
    expect(read.kind === 'problem' && read.problem).toContain(problem);
  });

  it('is never a part of its problem', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,40}$/);
    const around = fc.constantFrom('https://user:S@example.org/', 'S', 'ftp://example.org/S', 'https://example.org/ S');
    fc.assert(
      fc.property(secret, around, (token, form) => {
        const read = readAddress(form.replace('S', token));
        expect(read.kind === 'problem' && !read.problem.includes(token)).toBe(true);
      }),
    );
  });
});

describe('the key of signatures', () => {
  it('is base64 behind its prefix, of 24 to 64 bytes', () => {
    expect(readKey(KEY)).toEqual({ kind: 'read', value: new Uint8Array(24).fill(7) });
    expect(readKey(`whsec_${Buffer.alloc(64).toString('base64')}`).kind).toBe('read');
  });

  it.each([
    ['secret', 'must be whsec_ with base64 behind it'],
    ['whsec_', 'must be whsec_ with base64 behind it'],
    ['whsec_a=b', 'must be whsec_ with base64 behind it'],
    [`whsec_${Buffer.alloc(23).toString('base64')}`, 'must have 24 to 64 bytes'],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, 'must have 24 to 64 bytes'],
  ])('is refused when it is %j', (text, problem) => {
    const read = readKey(text);
    expect(read.kind === 'problem' && read.problem).toContain(problem);
  });
});

describe('the secret of a stack', () => {
  it('holds the address alone, or an object with it and a key', () => {
    expect(readSecretAddress(' https://example.org/x\n')).toMatchObject({
      kind: 'read',
      value: { url: 'https://example.org/x' },
    });
    expect(readSecretAddress('{"url":"https://example.org/x"}')).toMatchObject({ kind: 'read' });
    expect(readSecretAddress(JSON.stringify({ url: 'https://example.org/x', key: KEY, more: 1 }))).toMatchObject({
      kind: 'read',
      value: { form: 'json', key: new Uint8Array(24).fill(7) },
    });
  });

  it.each([
    ['', 'holds an address that is empty'],
    ['t0k3n', 'holds an address that is not a web address'],
    ['{"address":"t0k3n"}', 'holds JSON without an address: it must be {"url": "https://…"}'],
    ['{"url":1}', 'holds JSON without an address'],
    ['{t0k3n', 'holds JSON without an address'],
    ['{"url":"t0k3n"}', 'holds a "url" that is not a web address'],
    ['{"url":"https://example.org/x","key":"t0k3n"}', 'holds a "key", which must be whsec_ with base64 behind it'],
  ])('is refused when it is %j, without a word of it', (secret, problem) => {
    const read = readSecretAddress(secret);
    expect(read.kind === 'problem' && read.problem).toContain(problem);
    expect(JSON.stringify(read)).not.toContain('t0k3n');
  });
});
