/**
 * Submits a job from a Node script, follows it, and reads its results: `node examples/node-script/job.mjs [stack-file]`. Without a file it uses the local
 * cloud that `spotpool local up` has started.
 */
import { fileURLToPath } from 'node:url';
import { follow, openStack, record, results, SpotpoolError, submit } from 'spotpool';

const [stackFile] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('Stopped by Ctrl-C. The job goes on.')));
const { signal } = stop;

/** The items may come from anywhere: a database, a queue, a computation. They are read once, as a stream. */
async function* squares() {
  for (let side = 1; side <= 100; side += 1) yield { side };
}

try {
  const stack = await openStack(stackFile === undefined ? { local: true, signal } : { stack: stackFile, signal });
  const { job, items } = await submit(
    stack,
    { items: squares(), model: fileURLToPath(new URL('model.mjs', import.meta.url)), name: 'squares', maxFailed: 0 },
    { signal },
  );
  console.log(`Submitted ${items} items as job ${job}.`);
  for await (const event of follow(stack, job, { signal })) {
    if (event.event === 'happened' && event.level === 'warning') console.log(event.message);
    if (event.event === 'ended') console.log(event.reason);
  }
  let area = 0;
  for await (const line of results(stack, job, { signal })) if (line.ok) area += line.output.area;
  const { how, outcomes } = await record(stack, job, { signal });
  console.log(`The job is ${how.state}: ${outcomes.items.ok} squares have an area of ${area}.`);
} catch (error) {
  console.error(error instanceof SpotpoolError ? `${error.kind}: ${error.message}` : error);
  process.exitCode = 1;
}
