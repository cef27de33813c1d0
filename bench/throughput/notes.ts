/** Notes written by hand: explanations of the tables, and reasons for missed targets. */

export const NOTES: Readonly<Record<string, readonly string[]>> = {
  utilisation: [
    'Rows of 5 ms are where the loop itself is the limit. A batch costs the worker and the local cloud more processor time than its model, and both share ' +
      'two cores with the slot. The spin ends by the clock. So processor time that others take from the slot shows as longer computing, not as a lower ' +
      'utilisation; batches/s show it.',
    'A long run costs the worker processor time even when no batch ends in it: it polls the metadata twice a second, beats, and writes its status. At 500 ' +
      'ms that is about half of the last column.',
  ],
  downloads: [
    'Threads and processes of Node each load the SDK, which the column "starting" shows. A pool that stays would pay for it once.',
    'For 1,000 objects, ours is behind "asynchronous". A batch of more than 16 MiB of objects goes in pieces, so that its bytes stay within the budget. ' +
      'Where a piece ends, the lanes stand still for a moment. With one piece for all it was 2 to 3 % faster; the rest has not been examined. An object costs ' +
      'the worker 3.6 ms of processor time on this machine, for the SDK and the kernel. Creating the file alone takes 1 ms of it. An object costs the local ' +
      'cloud 1 ms.',
  ],
  pipeline: [
    "A JavaScript slot reads and parses its items on the thread that its model computes on. With no worker and no network around it, a slot's pause between " +
      'two computations was 2 to 5 ms longer for 1 MiB than for 1 KiB. The ideal counts that once (in t1), but a single thread has to spend it each time. ' +
      "Everything that is missing beyond that is the worker's.",
  ],
  memory: [
    'The budget counts bytes of input and results, and the worker has a multiple of it resident. The rest has not been examined yet. Where both rows of 32 ' +
      'MiB are alike, just-in-time leasing holds so little ahead that the budget is seldom the limit.',
  ],
  trees: [
    'The bare processes have the cores to themselves. Beside our slots, the worker and the local cloud use the cores too, and that time is missing in ours.',
  ],
  tail: [
    'The start is missing to the ideal at any size: workers fetch their first batch and have measured nothing. So is the overhead of a batch of one item. ' +
      'The falling sizes are made for the end. A size of your own brings its own tail.',
  ],
  images: [
    'Everything is over within two seconds. A batch of 128 files is 12 ms of work. It costs the worker and the local cloud as much processor time again, on ' +
      'the same two cores. Threads and bare processes get their files from a parent that has nothing else to do.',
  ],
  reclaims: [
    'The metadata is polled in turns: the moment of a notice within a turn explains most of the first row. Nobody sees a kill. The lease has to run out, ' +
      'and its last beat was up to a quarter of a lease ago.',
  ],
};

export const NOT_MEASURED: readonly string[] = [
  'AWS: its latencies are imitated by waiting before a reply. Its bandwidth, its throttling and its slow tail are not.',
  'Many instances: one worker at a time, except for the reclaims and the end of a job. The work of the fleet (launching, replacing, the price) is not in ' +
    'it.',
  'Models in Python and native code: a slot is a process that speaks JSON Lines, in any language. The time that a language takes to parse them is its ' +
    'own.',
  'GPUs, and models whose load takes minutes.',
  'More than two cores: the worker needs the same time of a core on a larger machine, where it is a smaller part.',
  'Distributed-Something itself, which is Python: the one-by-one loop does what its worker does, with the same SDK as ours.',
];
