/** Writes rows in one form to one output. */
import type { ByteOutput } from './byte-output.js';
import type { RowForm, RowSink } from './row-sink.js';

export function fileSink(form: RowForm, output: ByteOutput): RowSink {
  const encoder = form.encoder();
  const writeAll = async (pieces: readonly Uint8Array[]): Promise<void> => {
    for (const piece of pieces) await output.write(piece);
  };
  return {
    write: async (rows) => writeAll(await encoder.encode(rows)),
    ...(form.isLines === undefined ? {} : { writeLines: (lines) => output.write(lines) }),
    finish: async (facts) => {
      await writeAll(await encoder.end());
      return output.finish(facts);
    },
    discard: () => output.discard(),
  };
}
