import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import {
  appendFile,
  chmod,
  lchown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../runner/errors.js';
import { defaultResultsFile } from '../../../runner/results/default-name.js';
import type { OutputRules } from '../../../runner/results/output-place.js';
import { openOutput, requireOutput } from '../../../runner/results/byte-output.js';
import { type Placed, WHOLE } from '../../../runner/results/row-sink.js';
import { WriteFailed } from '../../../runner/results/write-failure.js';
import { tempDirectory } from '../model/files.js';

let cwd: string;
beforeEach(async () => {
  cwd = await tempDirectory();
});

const at = (name: string): string => path.join(cwd, name);
const fileText = (name: string): Promise<string> => readFile(at(name), 'utf8');
const rules = (more: Partial<OutputRules> = {}): OutputRules => ({ cwd, force: false, given: [], ...more });

interface Written extends Partial<OutputRules> {
  readonly job?: string;
  /** Distinguishes jobs with the same id. */
  readonly createdAt?: string;
  readonly content?: string;
}

async function write(
  out: string,
  { job = 'one', createdAt = '2026-01-01T00:00:00.000Z', content = `results of ${job}`, ...more }: Written = {},
): Promise<Placed> {
  const sink = await openOutput(out, { ...rules(more), stdout: new PassThrough(), identity: { job, createdAt } });
  try {
    await sink.write(Buffer.from(content));
    return await sink.finish(WHOLE);
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

describe('a file of results', () => {
  it('is replaced by the same job, whatever its contents', async () => {
    await write('out.jsonl', { content: 'half' });
    await write('out.jsonl', { content: 'whole' });
    expect(await fileText('out.jsonl')).toBe('whole');
    expect((await readdir(cwd)).sort()).toEqual(['out.jsonl', 'out.jsonl.meta.json']);
  });

  it('has a meta file with its job, its size and its time', async () => {
    await write('out.jsonl', { content: 'é' });
    expect(JSON.parse(await fileText('out.jsonl.meta.json'))).toEqual({
      version: 1,
      job: 'one',
      createdAt: '2026-01-01T00:00:00.000Z',
      bytes: 2,
      sha256: '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c',
      writtenAt: (await stat(at('out.jsonl'))).mtime.toISOString(),
    });
  });

  it('of another job is moved away with its meta file, once for each job', async () => {
    const moved: (string | undefined)[] = [];
    for (const job of ['one', 'two', 'three']) moved.push((await write('out.jsonl', { job })).movedTo);
    expect(moved).toEqual([undefined, at('out.one.jsonl'), at('out.two.jsonl')]);
    expect(await fileText('out.jsonl')).toBe('results of three');
    for (const job of ['one', 'two']) {
      expect(await fileText(`out.${job}.jsonl`)).toBe(`results of ${job}`);
      expect(JSON.parse(await fileText(`out.${job}.jsonl.meta.json`))).toMatchObject({ job });
    }
    // The moved file is still recognised as ours, so newer results of the same job replace it.
    await write('out.jsonl', { job: 'one', content: 'more of one' });
    await write('out.jsonl', { job: 'two' });
    expect(await fileText('out.one.jsonl')).toBe('more of one');
    expect((await readdir(cwd)).filter((name) => !name.endsWith('.meta.json')).sort()).toEqual([
      'out.jsonl',
      'out.one.jsonl',
      'out.three.jsonl',
      'out.two.jsonl',
    ]);
  });

  it('of an earlier job with the same id is kept beside all others', async () => {
    for (const day of ['01', '02', '03']) {
      await write('out', { createdAt: `2026-01-${day}T00:00:00.000Z`, content: `day ${day}` });
    }
    expect([await fileText('out'), await fileText('out.one'), await fileText('out.one.2')]).toEqual([
      'day 03',
      'day 01',
      'day 02',
    ]);
  });

  it("is never moved over another program's file", async () => {
    await write('out.jsonl');
    await writeFile(at('out.one.jsonl'), 'mine');
    expect(await write('out.jsonl', { job: 'two' })).toEqual({ movedTo: at('out.one.2.jsonl') });
    expect(await fileText('out.one.jsonl')).toBe('mine');
    expect(await fileText('out.one.2.jsonl')).toBe('results of one');
  });

  it.each([
    [
      'appended to',
      () => appendFile(at('out.jsonl'), ' and a note'),
      /out\.jsonl holds results of job one that were changed/,
    ],
    ['edited at the same length', () => writeFile(at('out.jsonl'), 'results of ONE'), /that were changed/],
    [
      'without a word of whose it is',
      () => writeFile(at('out.jsonl.meta.json'), '{}'),
      /out\.jsonl\.meta\.json exists already/,
    ],
    [
      'described with an id that is a path',
      () => editMeta('"one"', '"../one"'),
      /meta\.json exists already, and spotpool/,
    ],
  ])('that was %s is replaced only by force', async (_, change, message) => {
    await write('out.jsonl');
    await change();
    // The clock of a file system may have a resolution of some milliseconds.
    await utimes(at('out.jsonl'), new Date(0), new Date(0));
    const before = await fileText('out.jsonl');
    for (const job of ['one', 'two']) {
      await expect(write('out.jsonl', { job })).rejects.toThrow(message);
      await expect(requireOutput('out.jsonl', rules())).rejects.toThrow(/--force/);
    }
    expect(await fileText('out.jsonl')).toBe(before);
    await requireOutput('out.jsonl', rules({ force: true }));
    await write('out.jsonl', { job: 'two', force: true });
    expect(await fileText('out.jsonl')).toBe('results of two');
    expect((await readdir(cwd)).sort()).toEqual(['out.jsonl', 'out.jsonl.meta.json']);
  });

  it('that was copied or touched but not changed is still recognised as ours', async () => {
    await write('out.jsonl');
    await utimes(at('out.jsonl'), new Date(0), new Date(0));
    expect(await write('out.jsonl', { job: 'two' })).toEqual({ movedTo: at('out.one.jsonl') });
  });

  it('that appears while the results are written is not replaced', async () => {
    const identity = { job: 'one', createdAt: '2026-01-01T00:00:00.000Z' };
    const sink = await openOutput('out.jsonl', { ...rules(), stdout: new PassThrough(), identity });
    await writeFile(at('out.jsonl'), 'mine');
    await expect(sink.finish(WHOLE)).rejects.toThrow(/out\.jsonl exists already/);
    await sink.discard();
    expect(await fileText('out.jsonl')).toBe('mine');
    expect(await readdir(cwd)).toEqual(['out.jsonl']);
  });

  async function editMeta(from: string, to: string): Promise<void> {
    await writeFile(at('out.jsonl.meta.json'), (await fileText('out.jsonl.meta.json')).replace(from, to));
  }
});

describe('an output', () => {
  it.each([
    ['its own name', 'data.csv'],
    ['another spelling', './folder/../data.csv'],
    ['a symbolic link', 'link'],
    ['a link to a link', 'link-to-link'],
    ['a hard link', 'hard'],
    ['a folder that is a link', 'folder-link/data.csv'],
    ['the file beside it', 'hard2'],
  ])('is never a file that the command was given, by %s, with force or without', async (_, out) => {
    await mkdir(at('folder'));
    await writeFile(at('data.csv'), 'x');
    await symlink('data.csv', at('link'));
    await symlink('link', at('link-to-link'));
    await link(at('data.csv'), at('hard'));
    await link(at('data.csv'), at('hard2.meta.json'));
    await symlink('.', at('folder-link'));
    const given = [
      { path: at('missing'), what: 'nothing' },
      { path: at('data.csv'), what: 'the dataset' },
    ];
    for (const force of [true, false]) {
      const refused = requireOutput(out, rules({ force, given }));
      await expect(refused).rejects.toThrow(UserError);
      await expect(requireOutput(out, rules({ force, given }))).rejects.toThrow(/it is the dataset/);
    }
    expect(await fileText('data.csv')).toBe('x');
  });

  /** Resolves with the id of a user who does not own the file. Root gives the file away; other users pretend to be another user. */
  async function notTheirs(file: string): Promise<bigint> {
    const { uid } = await lstat(file, { bigint: true });
    if (uid !== 0n) return 4_711n;
    await lchown(file, 4_711, 4_711);
    return 0n;
  }

  it("is never written through another user's link, but is written through our own", async () => {
    await writeFile(at('there.jsonl'), 'x');
    await symlink('there.jsonl', at('link'));
    await symlink('link', at('ours'));
    await requireOutput('ours', rules({ force: true }));
    const user = await notTheirs(at('link'));
    await expect(requireOutput('link', rules({ force: true, user }))).rejects.toThrow(
      /link is another user's symbolic link/,
    );
    await expect(requireOutput('ours', rules({ force: true, user }))).rejects.toThrow(/another user's symbolic link/);
  });

  it.each([0o1777, 0o777])(
    "is not written through another user's link in a folder that everybody may write to",
    async (mode) => {
      await mkdir(at('open'));
      await chmod(at('open'), mode);
      await mkdir(at('folder'));
      await symlink('../folder', at('open/link'));
      await requireOutput('open/link/out', rules());
      const user = await notTheirs(at('open/link'));
      // The user must not be the folder's owner either, because the owner's links are as safe as the folder.
      if (user !== 0n) await requireOutput('open/link/out', rules({ user }));
      else
        await expect(requireOutput('open/link/out', rules({ user }))).rejects.toThrow(/another user's symbolic link/);
    },
  );

  it.each(['out', 'out.meta.json'])(
    "is not written when %s is another user's file in a folder that everybody may write to",
    async (name) => {
      await mkdir(at('open'));
      await writeFile(at(`open/${name}`), 'x');
      await requireOutput('open/out', rules({ force: true }));
      const user = await notTheirs(at(`open/${name}`));
      await requireOutput('open/out', rules({ force: true, user }));
      await chmod(at('open'), 0o1777);
      await expect(requireOutput('open/out', rules({ force: true, user }))).rejects.toThrow(/belongs to another user/);
    },
  );

  it('that is a pipe gets only the lines: no file is written beside it, and nothing is moved', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await requireOutput('pipe', rules());
    const reading = text(createReadStream(at('pipe')));
    await write('pipe');
    expect(await reading).toBe('results of one');
    expect(await readdir(cwd)).toEqual(['pipe']);
    expect((await stat(at('pipe'))).isFIFO()).toBe(true);
  });

  it('without room fails with its name and the reason', async () => {
    await expect(write('/dev/full')).rejects.toThrow(
      'Cannot write the results to /dev/full: the disk is full (ENOSPC).',
    );
    await expect(write('/dev/full')).rejects.toThrow(WriteFailed);
  });

  it('whose folder is deleted while the results are written fails with its name and the reason', async () => {
    await mkdir(at('folder'));
    const identity = { job: 'one', createdAt: '2026-01-01T00:00:00.000Z' };
    const sink = await openOutput('folder/out.jsonl', { ...rules(), stdout: new PassThrough(), identity });
    execFileSync('rm', ['-r', at('folder')]);
    await expect(sink.finish(WHOLE)).rejects.toThrow(
      `Cannot write the results to folder/out.jsonl: the directory ${at('folder')} does not exist`,
    );
    await sink.discard();
  });
});

describe('the default name of the results', () => {
  it.each([
    ['molecules.csv', 'molecules.results.jsonl'],
    ['data/reviews.jsonl.gz', 'reviews.results.jsonl'],
    ['s3://bucket/a/b.CSV.GZ', 'b.results.jsonl'],
    ['part-00000', 'part-00000.results.jsonl'],
    ['v1.2', 'v1.2.results.jsonl'],
    ['a.results.jsonl', 'a.results.results.jsonl'],
    ['é\u001b[2J.txt', 'é[2J.results.jsonl'],
    ['-', 'results.jsonl'],
    ['s3://bucket/images/', 'results.jsonl'],
    ['s3://bucket/', 'results.jsonl'],
    ['/dev/fd/63', 'results.jsonl'],
    ['parts/*.csv', 'results.jsonl'],
    ['parts/a[0-9].csv', 'results.jsonl'],
    ['parts/a.csv and 41 more', 'results.jsonl'],
    ['.csv', 'results.jsonl'],
    ['..', 'results.jsonl'],
    [`${'x'.repeat(240)}.csv`, 'results.jsonl'],
  ])('for %j is %j', (dataset, name) => {
    expect(defaultResultsFile(dataset)).toBe(name);
  });
});
