/** Downloads one object of S3 into a file, as a worker fetches an object for its model. */
import { createWriteStream, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeS3Client } from '../../../aws/clients.js';
import { S3ObjectStore } from '../../../aws/s3-object-store.js';

export interface DownloadSetup {
  readonly kind: 'download';
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly directory: string;
}

export async function downloader(setup: DownloadSetup): Promise<(key: string) => Promise<number>> {
  const store = new S3ObjectStore(makeS3Client(setup), setup.bucket);
  const directory = mkdtempSync(path.join(setup.directory, 'downloads-'));
  const { signal } = new AbortController();
  return async (key) => {
    const file = createWriteStream(path.join(directory, path.basename(key)));
    await pipeline(Readable.from(store.stream(key, { signal })), file, { signal });
    return file.bytesWritten;
  };
}
