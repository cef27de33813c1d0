/** Takes down the stack of the run. zz-destroy.test.ts checks each step; global-setup.ts runs all of them after a run that failed or was filtered. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { makeS3Client } from '../../../aws/clients.js';
import { runCli } from '../../support/cli.js';
import { appArguments, cdk, STACK_NAME } from './cdk.js';
import { clientOptionsOf, type EmulatorUnderTest, environmentOf } from './emulator.js';

/** S3 deletes at most this many objects in one request. */
const DELETED_AT_ONCE = 1_000;

/** The outputs as the last lab left them, which name its fleet. */
export const lastOutputs = (directory: string): string => path.join(directory, 'last-outputs.json');

/** The outputs as the deploy left them. */
export const deployOutputs = (directory: string): string => path.join(directory, 'cdk-outputs.json');

export class StackEnd {
  readonly #emulator: EmulatorUnderTest;
  readonly #directory: string;

  constructor(emulator: EmulatorUnderTest, directory: string) {
    this.#emulator = emulator;
    this.#directory = directory;
  }

  /** A run that only tested the deploy, or failed early, had no lab. */
  get #outputs(): string {
    const last = lastOutputs(this.#directory);
    return existsSync(last) ? last : deployOutputs(this.#directory);
  }

  /** Deletes whatever exists of the stack, including the bucket, because the emulator may belong to the user. */
  async all(): Promise<void> {
    const bucket = existsSync(this.#outputs) ? await this.bucket() : undefined;
    if (this.#emulator.name === 'moto') {
      if (bucket === undefined) return;
      await this.emptyBucket(bucket);
      return this.deleteMade();
    }
    if (bucket !== undefined) await this.deleteFleet();
    await this.destroy();
    if (bucket === undefined) return;
    await this.emptyBucket(bucket);
    await this.deleteBucket(bucket);
  }

  deleteFleet(): Promise<void> {
    return this.#spotpool('emulator', 'fleet', 'delete');
  }

  /** Deletes what `spotpool emulator stack create` made. */
  deleteMade(): Promise<void> {
    return this.#spotpool('emulator', 'stack', 'delete', '--name', STACK_NAME.toLowerCase());
  }

  async destroy(): Promise<void> {
    const app = appArguments({ stack: STACK_NAME, controller: 'cli' });
    await cdk(this.#emulator, this.#directory, ['destroy', '--force', ...app]);
  }

  async bucket(): Promise<string> {
    const stacks = JSON.parse(await readFile(this.#outputs, 'utf8')) as Record<string, Record<string, string>>;
    return (stacks[STACK_NAME] ?? stacks[STACK_NAME.toLowerCase()])?.['Bucket'] ?? '';
  }

  /** Deletes all versions of all objects, and resolves with what the bucket held. */
  async emptyBucket(Bucket: string): Promise<{ readonly objects: number; readonly hasVersions: boolean }> {
    const s3 = makeS3Client(clientOptionsOf(this.#emulator));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    let hasVersions = false;
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
      if (Objects.length === 0) break;
      hasVersions ||= Versions.length > 0;
      for (let start = 0; start < Objects.length; start += DELETED_AT_ONCE) {
        const Delete = { Objects: Objects.slice(start, start + DELETED_AT_ONCE) };
        await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
      }
    }
    s3.destroy();
    return { objects: Contents.length, hasVersions };
  }

  async deleteBucket(Bucket: string): Promise<void> {
    const s3 = makeS3Client(clientOptionsOf(this.#emulator));
    await s3.send(new DeleteBucketCommand({ Bucket })).catch((error: unknown) => {
      // A destroy on LocalStack deletes an empty bucket.
      if ((error as Error).name !== 'NoSuchBucket') throw error;
    });
    s3.destroy();
  }

  async #spotpool(...args: string[]): Promise<void> {
    const site = { cwd: this.#directory, env: environmentOf(this.#emulator) };
    const { code, stdout, stderr } = await runCli([...args, '--stack', this.#outputs, '--json'], site);
    if (code !== 0) throw new Error(`spotpool ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  }
}
