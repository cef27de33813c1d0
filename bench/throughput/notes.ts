/** Notes written by hand: explanations of the tables, and reasons for missed targets. */

export const NOTES: Readonly<Record<string, readonly string[]>> = {
  utilisation: [
    'In the rows of 5 ms the loop itself is the limit. A batch costs the worker and the local cloud more processor time than its model, and both share two cores with the slot. ' +
      'The spin ends by the clock, so processor time that other programs take counts as computing and not as lower utilisation; batches/s show it.',
    'A long run costs the worker processor time even between batches: it polls the metadata twice a second, extends leases and writes its status. At 500 ms that is about half of the last column.',
  ],
  downloads: [
    'Threads and processes of Node each load the SDK, which the column "starting" shows. A permanent pool would pay for it once.',
    'For 1,000, the worker is slower than "asynchronous". It downloads a batch of more than 16 MiB in pieces, so that the bytes stay within the budget, and at the end of each piece the lanes wait for a moment. ' +
      'With a single piece it was 2 to 3 % faster; the rest of the difference is not explained yet. An object costs the worker 3.6 ms of processor time on this machine, in the SDK and the kernel (creating the file alone ' +
      'takes 1 ms). It costs the local cloud 1 ms.',
  ],
  pipeline: [
    "A JavaScript slot reads and parses its items on the same thread that its model computes on. Without worker and network, a slot's pause between two computations was 2 to 5 ms longer " +
      "for 1 MiB than for 1 KiB. The ideal counts this pause once (in t1), but a single thread spends it each time. The rest of the difference is the worker's.",
  ],
  memory: [
    "The budget counts bytes of input and results, but the worker's resident memory is a multiple of it; the rest is not explained yet. " +
      'Where both rows of 32 MiB are alike, the worker leases batches just in time and holds so few ahead that the budget rarely limits it.',
  ],
  trees: ['The bare processes have the cores to themselves. The slots share them with the worker and the local cloud.'],
  tail: [
    'Two costs separate every batch size from the ideal: the start, when workers fetch their first batch without a measured pace, and the overhead of a batch. ' +
      'The falling sizes are designed for the end of a job. A fixed size that the user requests is used as it is, with its longer tail.',
  ],
  images: [
    'The job takes less than two seconds. A batch of 128 files is 12 ms of work, and costs the worker and the local cloud as much processor time again, on the same two cores. ' +
      'Threads and bare processes get their files from a parent that does nothing else.',
  ],
  reclaims: [
    'The first row shows mostly the polling interval of the metadata. No program sees a kill, so the lease must expire; its last extension was up to a quarter of the lease ago.',
  ],
};

export const NOT_MEASURED: readonly string[] = [
  'AWS. Its latencies are simulated by a delay before each reply; its bandwidth, its throttling and its slow requests are not.',
  'Many instances. There is one worker at a time, except for the reclaims and the end of a job. Launches, replacements and prices of the fleet are not measured.',
  'Models in native code. Any slot is a process that speaks JSON Lines, but the time to parse them depends on its language. Models in Python are measured by `npm run bench:python`.',
  'GPUs, and models whose load takes minutes.',
  'More than two cores. The worker needs the same processor time on a larger machine, where it is a smaller share.',
  "Distributed-Something itself, which is written in Python. The one-by-one loop imitates its worker, with the same SDK as spotpool's.",
];
