import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConsoleLog } from '../../../local/instances/console-log.js';
import { startInstanceProcess } from '../../../local/instances/instance-process.js';
import type { ProcessFamily } from '../../../local/instances/process-table.js';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'spotpool-test-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the process is told of in the turn in which it starts, so that a kill of the cloud cannot come in between', async () => {
  const console = new ConsoleLog(path.join(directory, 'console'));
  const told: ProcessFamily[] = [];
  const starting = startInstanceProcess({
    directory,
    userData: Buffer.from('#!/bin/sh\nsleep 1000'),
    programs: undefined,
    environment: {},
    console,
    onStarted: (family) => void told.push(family),
  });
  const toldAtOnce = told.length;
  const started = await starting;
  try {
    expect(toldAtOnce).toBe(1);
    expect(told).toEqual([started.family]);
  } finally {
    await started.end(0, new AbortController().signal);
    console.close();
  }
});
