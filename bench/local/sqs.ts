/** Measures a queue that holds a million messages against one that holds only the messages that are received. */
import { inRounds, medianOf, show } from '../support/rounds.js';
import type { Section } from '../support/section.js';
import { timed, type Timed } from '../support/timed.js';
import { residentBytesOf } from '../support/usage.js';
import { countTimes, dropQueue, makeQueue, receiveAndDelete, send } from './queue-work.js';
import type { Sizes } from './sizes.js';
import type { Subject } from './subjects.js';

const CLIENTS = 8;
const COUNT_CALLS = 200;
const LEAST_RATIO = 0.5;
const MOST_COUNT_MS = 5;
const MOST_RESIDENT_BYTES = 1e9;

export async function fullQueue(local: Subject, sizes: Sizes): Promise<Section> {
  const { sqs, pid } = local;
  const messages = sizes.drainedMessages;
  const full = await makeQueue(sqs, 'full');
  const residentBefore = residentBytesOf(pid);
  const filling = await timed(pid, () => send(sqs, full, sizes.queuedMessages));
  const resident = residentBytesOf(pid);
  const counting = await countTimes(sqs, full, COUNT_CALLS);

  const kinds = ['empty', 'full'] as const;
  const samples = await inRounds(kinds, sizes.rounds, async (kind, round) => {
    // Each queue gets as many messages as are taken out; the full one also holds all that were queued before.
    const queueUrl = kind === 'full' ? full : await makeQueue(sqs, `small-${round}`);
    await send(sqs, queueUrl, messages);
    const sample = await timed(pid, () => receiveAndDelete(sqs, queueUrl, { messages, clients: CLIENTS }));
    if (kind === 'empty') await dropQueue(sqs, queueUrl);
    return sample;
  });
  const empty = await makeQueue(sqs, 'empty');
  const emptyCounting = await countTimes(sqs, empty, COUNT_CALLS);
  await dropQueue(sqs, full);
  await dropQueue(sqs, empty);

  const rates = (kind: (typeof kinds)[number]): number[] => of(kind).map(({ seconds }) => messages / seconds);
  const of = (kind: (typeof kinds)[number]): readonly Timed[] => samples.get(kind) ?? [];
  const serverMs = (kind: (typeof kinds)[number]): number[] =>
    of(kind).map(({ serverCpuSeconds }) => (serverCpuSeconds * 1e6) / messages);
  const ratio = medianOf(rates('full')) / medianOf(rates('empty'));
  const queued = sizes.queuedMessages.toLocaleString('en-US');
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  return {
    title: `SQS: ${queued} queued messages`,
    how: `${CLIENTS} clients receive by ten and delete by ten until ${messages.toLocaleString('en-US')} messages are gone, from a queue that holds ${queued} more, and from one that holds no more. Median (least – most) of ${sizes.rounds} rounds; counts: of ${COUNT_CALLS} calls.`,
    header: ['', 'empty queue', 'full queue', 'full / empty'],
    rows: [
      ['receive + delete, messages/s', show(rates('empty')), show(rates('full')), ratio.toFixed(2)],
      [
        'CPU of the server, µs a message',
        show(serverMs('empty')),
        show(serverMs('full')),
        (medianOf(serverMs('full')) / medianOf(serverMs('empty'))).toFixed(2),
      ],
      [
        'GetQueueAttributes, ms',
        show(emptyCounting, 2),
        show(counting, 2),
        (medianOf(counting) / medianOf(emptyCounting)).toFixed(2),
      ],
      ['resident memory of the server', megabytes(residentBefore), megabytes(resident), ''],
      ['filling, messages/s', '', show([sizes.queuedMessages / filling.seconds]), ''],
    ],
    targets: [
      {
        wanted: `receive + delete at a full queue at least ${LEAST_RATIO} of the rate at an empty one`,
        measured: ratio.toFixed(2),
        isMet: ratio >= LEAST_RATIO,
      },
      {
        wanted: `counts in under ${MOST_COUNT_MS} ms (median, with the client's own time)`,
        measured: `${medianOf(counting).toFixed(2)} ms`,
        isMet: medianOf(counting) < MOST_COUNT_MS,
      },
      { wanted: 'under 1 GB resident', measured: megabytes(resident), isMet: resident < MOST_RESIDENT_BYTES },
    ],
  };
}
