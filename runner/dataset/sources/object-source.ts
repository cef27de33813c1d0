/** An object in S3 as a source. All reads of an object that was listed are of the same version of it. */
import { ObjectChanged } from '../../../core/contract/object-store.js';
import { UserError } from '../../errors.js';
import type { PartOfObject, SourceObject, SourceObjects } from '../ports.js';
import type { Source, SourceFacts } from './source.js';

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

export const urlOf = ({ bucket, key }: ObjectPlace): string => `s3://${bucket}/${key}`;

/** `found` is what a listing said. Without it the object is looked at when it is first read. */
export function objectSource(objects: SourceObjects, place: ObjectPlace, found?: SourceObject): Source {
  const { bucket, key } = place;
  const name = urlOf(place);
  let known: Promise<SourceFacts> | undefined;
  const facts = (signal: AbortSignal): Promise<SourceFacts> =>
    (known ??= Promise.resolve(found ?? headOf(objects, place, signal)).then(({ size, etag }) => ({ size, etag })));
  async function* stream(signal: AbortSignal, part: PartOfObject = {}): AsyncGenerator<Uint8Array> {
    const { etag } = await facts(signal);
    try {
      yield* objects.stream(bucket, key, signal, { ...part, ...(etag ? { ifMatch: etag } : {}) });
    } catch (error) {
      if (!(error instanceof ObjectChanged)) throw error;
      throw new UserError(`The object ${name} was replaced while it was read. Run the command again.`);
    }
  }
  return {
    name,
    identity: name,
    again: true,
    facts,
    stream: (signal) => stream(signal),
    read: async (startByte, endByte, signal) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream(signal, { range: { startByte, endByte } })) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length === endByte - startByte) return bytes;
      throw new UserError(`The object ${name} ended before byte ${endByte}. Run the command again.`);
    },
  };
}

async function headOf(objects: SourceObjects, place: ObjectPlace, signal: AbortSignal): Promise<SourceObject> {
  const head = await objects.head(place.bucket, place.key, signal);
  if (head !== undefined) return head;
  throw new UserError(
    `The object ${urlOf(place)} does not exist. For every object below a prefix, end it with a slash: ${urlOf(place)}/`,
  );
}
