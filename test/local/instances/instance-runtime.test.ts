import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InstanceRuntime } from '../../../local/instances/instance-runtime.js';
import type { ProcessFamily } from '../../../local/instances/process-table.js';
import { eventually } from '../../support/eventually.js';
import { isAlive } from '../ec2/support.js';

let directory: string;
const watched = new Set<ProcessFamily>();

beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'spotpool-test-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function runtimeOf(userData: string, onLeaderEnded: (how: string) => void = () => undefined): InstanceRuntime {
  return new InstanceRuntime({
    subject: {
      id: 'i-1',
      spec: {
        imageId: 'ami-1',
        instanceType: 'c7g.large',
        zone: 'us-east-1a',
        userData: Buffer.from(userData.replaceAll('@', directory)),
        instanceProfile: undefined,
        metadataTags: false,
        metadataIsOff: false,
      },
      tags: new Map(),
      launchedAtMs: 0,
      takenAtMs: undefined,
      rebalanceAtMs: undefined,
      roleKey: undefined,
    },
    region: 'us-east-1',
    directory: path.join(directory, 'disk'),
    consoleFile: path.join(directory, 'console'),
    watchdog: {
      watch: (family) => void watched.add(family),
      forget: (family) => void watched.delete(family),
      close: async () => undefined,
    },
    onLeaderEnded,
  });
}

test('a second, immediate end does not wait for processes that ignore SIGTERM', async () => {
  const runtime = runtimeOf('#!/bin/sh\ntrap "" TERM\n: > @/deaf\nwhile :; do sleep 0.1; done');
  await runtime.start();
  const pid = runtime.pid ?? 0;
  expect(watched.size).toBe(1);
  await eventually(() => existsSync(path.join(directory, 'deaf')));
  const ends = [runtime.end(3_600_000), runtime.end(0)];
  await Promise.all(ends);
  expect(isAlive(pid)).toBe(false);
  expect(watched.size).toBe(0);
  expect(runtime.metadataEndpoint).toBeUndefined();
  expect(existsSync(path.join(directory, 'disk'))).toBe(false);
});

test('an instance that was ended before its start never starts', async () => {
  const runtime = runtimeOf('#!/bin/sh\n: > @/started');
  await runtime.end(0);
  await runtime.start();
  expect(runtime.pid).toBeUndefined();
  expect(existsSync(path.join(directory, 'console'))).toBe(false);
});

test('an end during the start leaves nothing behind, at every moment', async () => {
  const runtime = runtimeOf('#!/bin/sh\nexec sleep 1000');
  const starting = runtime.start();
  await runtime.end(0);
  await starting;
  expect(watched.size).toBe(0);
  expect(existsSync(path.join(directory, 'disk'))).toBe(false);
});

test('the start and the console report user data that cannot be run', async () => {
  const runtime = runtimeOf('no script');
  await expect(runtime.start()).rejects.toThrow('does not begin with #!');
  await runtime.end(0);
  expect(runtime.consoleOutput()?.toString()).toContain('does not begin with #!');
});

test('its owner learns how its first process ended', async () => {
  const told: string[] = [];
  const runtime = runtimeOf('#!/bin/sh\nexit 4', (how) => told.push(how));
  await runtime.start();
  await eventually(() => told.length > 0);
  await runtime.end(0);
  expect(told).toEqual(['exited with code 4']);
});
