import { expect, test } from 'vitest';
import { parseOptions } from '../../local/options.js';

test('without options the market is calm and runs in real time', () => {
  expect(parseOptions([])).toEqual({
    port: 0,
    directory: undefined,
    seed: 1,
    timeScale: 1,
    arriveOverMs: 0,
    launchDelay: 'none',
    noticeMs: 120_000,
    rebalanceLeadMs: 0,
    reclaimRatePerHour: 0,
    unnoticedShare: 0,
    script: [],
    capacity: Infinity,
    poolCapacity: Infinity,
    pools: [],
    latencyMs: {},
    faults: [],
    imperfections: [],
    endWithStdin: false,
    requestLog: 0,
  });
});

test('every option is read', () => {
  const text =
    '--port 8000 --directory d --seed 7 --time-scale 2.5 --arrive-over-ms 8000 --notice-ms 3000 --reclaim-rate 0.5 ' +
    '--reclaim 6000 --reclaim 9s:no-notice --reclaim 1m:all:no-notice --capacity 5 --pool-capacity 2.5 ' +
    '--launch-delay typical --rebalance-lead-ms 500 --fault sqs:Send*:500:0.5 --imperfection ec2.describeLagMs=9 ' +
    '--latency sqs=10,s3=30ms --request-log 500 --end-with-stdin';
  expect(parseOptions(text.split(' '))).toEqual({
    port: 8000,
    directory: 'd',
    seed: 7,
    timeScale: 2.5,
    arriveOverMs: 8_000,
    noticeMs: 3_000,
    reclaimRatePerHour: 0.5,
    launchDelay: 'typical',
    rebalanceLeadMs: 500,
    unnoticedShare: 0,
    script: [
      { kind: 'reclaim', afterMs: 6_000 },
      { kind: 'reclaim', afterMs: 9_000, noticeMs: null },
      { kind: 'reclaim', afterMs: 60_000, all: true, noticeMs: null },
    ],
    capacity: 5,
    poolCapacity: 2.5,
    pools: [],
    latencyMs: { sqs: 10, s3: 30 },
    faults: [{ service: 'sqs', action: 'Send*', fault: '500', rate: 0.5 }],
    imperfections: [{ ec2: { describeLagMs: 9 } }],
    endWithStdin: true,
    requestLog: 500,
  });
});

test.each([
  ['--nonsense'],
  ['positional'],
  ['--port', '70000'],
  ['--port', '-1'],
  ['--seed', 'x'],
  ['--time-scale', '0'],
  ['--arrive-over-ms', '8s'],
  ['--reclaim', '6s:notice'],
  ['--reclaim', '6s:no-notice:all'],
  ['--reclaim', ''],
  ['--launch-delay', 'never'],
  ['--capacity', '1.5'],
  ['--latency', 'sqs'],
  ['--request-log', '1e9'],
  ['--latency', 'admin=10'],
])('%s %s is refused with an explanation', (...args) => {
  expect(() => parseOptions(args)).toThrow(expect.objectContaining({ name: 'UsageError' }));
});
