/** `spotpool show <job>` prints the record of a job: everything that can be said of it. */
import { readRecord } from '../api/read-record.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { recordLines } from '../display/record.js';

export const showCommand = defineStackCommand({
  name: 'show',
  description:
    'Show the record of a job. It has the data and code, the course, errors, pace, instances, waste and cost.',
  args: { job: 'the id of the job' },
  options: {},
  examples: ['spotpool show herg', 'spotpool show herg --json > herg.record.json'],
  run: show,
});

async function show({ context, ports, args: { job }, options }: StackCall<'job'>): Promise<number> {
  const { signal, terminal } = context;
  const record = await readRecord(context, ports, job, signal);
  if (options.json) {
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
    return EXIT.ok;
  }
  const lines = recordLines(record, { colors: terminal.colors, columns: terminal.size().columns });
  terminal.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
}
