/** Lists the objects of an `s3://` prefix as weights. Each is pinned by its ETag, so that instances read exactly what was listed. */
import { weightsPath, type WeightsFile } from '../../core/contract/weights.js';
import { check } from '../../core/contract/shape.js';
import type { SourceObject, SourceObjects } from '../dataset/ports.js';
import { UserError } from '../errors.js';

export async function filesOfBucket(
  url: string,
  sources: Pick<SourceObjects, 'list'>,
  signal: AbortSignal,
): Promise<{ readonly bucket: string; readonly files: readonly WeightsFile[] }> {
  const [, bucket, key] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === undefined) {
    throw new UserError(
      `The weights ${url} name no bucket. Write s3://bucket/prefix/, or s3://bucket/file for one object.`,
    );
  }
  const list = (prefix: string): AsyncIterable<SourceObject> => sources.list(bucket, prefix, signal);
  const object = key === undefined || key === '' || key.endsWith('/') ? undefined : await exactly(key, list(key));
  const prefix = key === undefined || key === '' || key.endsWith('/') ? (key ?? '') : `${key}/`;
  const files: WeightsFile[] = [];
  if (object === undefined) {
    for await (const found of list(prefix)) {
      // A "folder" of the S3 console is an empty object.
      if (!found.key.endsWith('/')) files.push(fileOf(bucket, found, prefix.length));
    }
  } else {
    files.push(fileOf(bucket, object, object.key.lastIndexOf('/') + 1));
  }
  if (files.length === 0) {
    throw new UserError(
      `The weights ${url} do not exist: no object of the bucket ${bucket} has a key that begins with ${prefix || '(anything)'}.`,
    );
  }
  refuseFileInFile(url, files);
  return { bucket, files };
}

/** In S3's order an object comes before those whose keys are longer. */
async function exactly(key: string, objects: AsyncIterable<SourceObject>): Promise<SourceObject | undefined> {
  for await (const object of objects) return object.key === key ? object : undefined;
  return undefined;
}

function fileOf(bucket: string, { key, size, etag }: SourceObject, from: number): WeightsFile {
  const path = check(weightsPath, key.slice(from));
  if (path !== undefined) return { path, bytes: size, bucket, key, etag };
  throw new UserError(
    `The object s3://${bucket}/${key} cannot be a file of weights: its key has a part that is no name of a file (such as "..", or nothing between two slashes).`,
  );
}

/** S3 may have objects `a` and `a/b`, and a disk may not. */
function refuseFileInFile(url: string, files: readonly WeightsFile[]): void {
  const paths = new Set(files.map(({ path }) => path));
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (!paths.has(folder)) continue;
      throw new UserError(
        `The weights ${url} have the object ${folder} and also ${path}, and a disk cannot hold both.`,
      );
    }
  }
}
