/** Notes written by hand: explanations of the tables, and reasons for missed targets. */

export const NOTES: Readonly<Record<string, readonly string[]>> = {
  utilisation: [
    'Rows of 5 ms are where the loop itself is the limit: a batch costs the worker and the local cloud more processor time than its model, and both share two cores with the slot. ' +
      'The spin ends by the clock, so what others take from the slot shows as longer computing, not as a lower utilisation; batches/s show it.',
    'A long run costs the worker processor time whether or not batches end in it (looks at the metadata twice a second, beats, its status): at 500 ms that is about half of the last column.',
  ],
  downloads: [
    'Threads and processes of Node each load the SDK, which is what "starting" shows; a pool that stays would pay for it once.',
    'For 1,000, ours is behind "asynchronous": a batch of more than 16 MiB of objects goes in pieces, so that its bytes stay within the budget, and where one ends the lanes stand still for a moment. ' +
      'With one piece for all it was 2 to 3 % faster; the rest has not been taken apart. An object costs the worker 3.6 ms of processor time on this machine (the SDK, and the kernel: creating the file alone ' +
      'takes 1 ms of it), and the local cloud 1 ms.',
  ],
  pipeline: [
    "A JavaScript slot takes in and parses its items on the thread that its model computes on. With no worker and no network around it, a slot's pause between two computations was 2 to 5 ms longer " +
      "for 1 MiB than for 1 KiB, which the ideal counts once (in t1) and a single thread has to spend each time; what is missing beyond that is the worker's.",
  ],
  memory: [
    'The budget counts bytes of input and results, and the worker has a multiple of it resident: what else it is has not been taken apart yet. ' +
      'Where both rows of 32 MiB are alike, leasing just in time holds so little ahead that the budget is seldom what bounds.',
  ],
  trees: [
    'The bare processes have the cores to themselves. Beside our slots the worker and the local cloud use them, too: what they take of a core is missing in ours.',
  ],
  tail: [
    'What is missing to the ideal at any size is the start, when workers fetch their first batch and have measured nothing, and what a batch of one item costs besides it. ' +
      'The falling sizes are made for the end; who asks for a size of their own gets it, and the tail that comes with it.',
  ],
  images: [
    'All is over within two seconds: a batch of 128 files is 12 ms of work, and costs the worker and the local cloud as much processor time again, on the same two cores. ' +
      'Threads and bare processes are given their files by a parent that has nothing else to do.',
  ],
  reclaims: [
    'The metadata is looked at in turns: where in a turn a notice falls is most of what the first row shows. A kill is seen by nobody: the lease has to run out, whose last beat was up to a quarter of it ago.',
  ],
};

export const NOT_MEASURED: readonly string[] = [
  'AWS: its latencies are imitated by waiting before a reply; its bandwidth, its throttling and its slow tail are not.',
  'Many instances: one worker at a time, but for the reclaims and the end of a job. What the fleet does (launching, replacing, the price) is not in it.',
  'Models in Python and native code: a slot is a process that speaks JSON Lines, whatever is in it; what its own language takes to parse them is its own.',
  'GPUs, and models whose load takes minutes.',
  'More than two cores: what the worker needs of a core is the same on a larger machine, where it is a smaller part.',
  'Distributed-Something itself, which is Python: the one-by-one loop is written after what its worker does, with the same SDK as ours.',
];
