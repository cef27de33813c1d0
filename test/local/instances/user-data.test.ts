import { expect, test } from 'vitest';
import { bootCommand } from '../../../local/instances/user-data.js';

const command = (text: string): readonly string[] => bootCommand(Buffer.from(text), '/disk/user-data');

test('a script is run by the program that it names, with at most one argument', () => {
  expect(command('#!/bin/sh\ntrue')).toEqual(['/bin/sh', '/disk/user-data']);
  expect(command('#! /usr/bin/env  python3 -u\n')).toEqual(['/usr/bin/env', 'python3 -u', '/disk/user-data']);
});

test('without user data an instance idles', () => {
  expect(command('').join(' ')).toContain('sleep');
});

test.each([
  ['#cloud-config\nruncmd: []', 'is cloud-config'],
  ['Content-Type: multipart/mixed; boundary="b"\n', 'is a multi-part archive'],
  ['MIME-Version: 1.0\n', 'is a multi-part archive'],
  ['#include\nhttps://example.com/x', 'is a list of addresses'],
  ['## template: jinja\n#cloud-config', 'is a template'],
  [
    'echo hello\n',
    'does not begin with #! (such as #!/bin/sh), so on AWS cloud-init would not run it. It begins: "echo hello"',
  ],
  ['\n#!/bin/sh\n', 'does not begin with #!'],
  ['#!/bin/sh\r\ntrue\r\n', 'carriage return'],
  ['#!\n', 'without a program'],
])('%j is refused with an explanation', (text, sentence) => {
  expect(() => command(text)).toThrow(sentence);
});

test('compressed user data is refused', () => {
  expect(() => bootCommand(Buffer.from([0x1f, 0x8b, 8, 0]), '/disk/user-data')).toThrow('is compressed');
});
