/** Records the bytes of a listing's pages, so that a server without any other work can return them. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { BUCKET } from './bucket-work.js';

export async function recordPages(s3: S3Client, prefix: string): Promise<Readonly<Record<string, string>>> {
  const pages: Record<string, string> = {};
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix, ContinuationToken: token });
    const response = await fetch(await getSignedUrl(s3, command));
    const page = await response.text();
    if (!response.ok) throw new Error(`The listing was refused: ${page}`);
    pages[token ?? ''] = page;
    token = unescaped(/<NextContinuationToken>(.*?)<\/NextContinuationToken>/.exec(page)?.[1]);
  } while (token !== undefined);
  return pages;
}

const unescaped = (xml: string | undefined): string | undefined =>
  xml?.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
