import os from 'node:os';
import { expect, it } from 'vitest';
import { withNewNames } from '../../../emulator/commands/old-names.js';
import { runCli } from '../../support/cli.js';

it('the old names of moved commands run the new commands, with a warning', () => {
  const warnings: string[] = [];
  const renamed = withNewNames(['local', 'fleet', 'create', '--json'], (text) => void warnings.push(text));
  expect(renamed).toEqual(['emulator', 'fleet', 'create', '--json']);
  expect(warnings.join('')).toContain('"spotpool local fleet" is now "spotpool emulator fleet"');
});

it.each([[['local', 'up']], [['local']], [['emulator', 'host']], [['fleet']], [[]]])(
  'leaves the command line %j as it is',
  (argv) => {
    const fail = (text: string): void => expect.fail(text);
    expect(withNewNames(argv, fail)).toEqual(argv);
  },
);

it('`spotpool local host` still works and names the new command, but the help of `local` hides it', async () => {
  const [old, help] = await Promise.all([
    runCli(['local', 'host', '--fleet', 'sfr-1', '--endpoint', 'nowhere'], { cwd: os.tmpdir() }),
    runCli(['local', '--help'], { cwd: os.tmpdir() }),
  ]);
  expect(old.code).toBe(2);
  expect(old.stderr).toContain('"spotpool local host" is now "spotpool emulator host"');
  expect(old.stderr).toContain('"nowhere" is not an endpoint');
  expect(help.stdout).not.toMatch(/^ +(host|fleet|stack)\b/m);
});
