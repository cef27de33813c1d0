import { describe, expect, it } from 'vitest';
import { Credentials } from '../../../local/http/credentials.js';

describe('the access keys of a local cloud', () => {
  it("are generated anew, in AWS's form", () => {
    const credentials = new Credentials();
    const [one, other] = [credentials.issue(), credentials.issue()];
    expect(one.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(one.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(one.sessionToken).toBeUndefined();
    expect(other).not.toEqual(one);
  });

  it('are known by their ids until they are forgotten', () => {
    const credentials = new Credentials();
    const key = credentials.issue();
    expect(credentials.secretOf(key.accessKeyId)).toBe(key.secretAccessKey);
    expect(credentials.find('AKIAUNKNOWN')).toBeUndefined();
    credentials.forget(key.accessKeyId);
    expect(credentials.secretOf(key.accessKeyId)).toBeUndefined();
  });

  it('have a session token if they belong to an instance', () => {
    const key = new Credentials().issue('temporary');
    expect(key.accessKeyId).toMatch(/^ASIA/);
    expect(key.sessionToken).toMatch(/^.{100,}$/);
  });

  it('can be given by a suite that has its own', () => {
    const credentials = new Credentials();
    credentials.add({ accessKeyId: 'test', secretAccessKey: 'test' });
    expect(credentials.secretOf('test')).toBe('test');
  });
});
