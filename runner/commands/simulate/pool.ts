/** `spotpool simulate pool` compares ways to run a job on a pool: spotpool's, and those of others. */
import { setImmediate } from 'node:timers/promises';
import { type Forecast, idealOf, PoolForecast } from '../../../core/forecast/forecast.js';
import { scenarioOf } from '../../../core/forecast/from-record.js';
import { POLICIES } from '../../../core/forecast/policies.js';
import type { Policy } from '../../../core/forecast/policy.js';
import type { Scenario } from '../../../core/forecast/scenario.js';
import { definedFields } from '../../../core/defined-fields.js';
import { type Call, defineCommand } from '../../cli/command.js';
import type { CliContext } from '../../cli/context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { openStack } from '../../cli/open-stack.js';
import { inGroup, parsed, withDefault } from '../../cli/option-rows.js';
import { stackOptions } from '../../cli/stack-options.js';
import { integerBetween, jobId, MOST_WORKERS, numberBetween } from '../../cli/values.js';
import { UserError } from '../../errors.js';
import { DEFAULT_INSTANCES, scenarioFrom } from '../../simulate/pool-scenario.js';
import { comparisonJson, comparisonText } from '../../simulate/pool-text.js';
import { itemTimes, times } from '../../simulate/times-option.js';
import { readRecord } from '../../api/read-record.js';
import { MOST_SEED, MOST_SIMULATIONS } from './bounds.js';

/** The planner is given item after item, which takes seconds for this many. */
const MOST_ITEMS = 50_000_000;
const MOST_SLOTS = 512;
const MOST_BATCH_ITEMS = 1_000_000;
/** An instance that is taken each minute does next to nothing. */
const MOST_RECLAIMS = 60;
const MOST_DOLLARS = 1_000;
const SIMULATIONS = 100;

const poolOptions = {
  from: parsed('<job>', "take everything from this job's record; the other options change it", jobId),
  ...inGroup('The job:', {
    items: parsed('<n>', 'simulate so many items', integerBetween(1, MOST_ITEMS)),
    itemTime: parsed(
      '<times>',
      'take this time for an item: 20ms, 10ms..30ms, 20ms:p90=60ms, 20ms:p90=200ms:heavy',
      itemTimes,
    ),
    load: parsed('<times>', 'take this time to load the model in a slot (default: 0s)', times),
    environment: parsed(
      '<times>',
      "take this time to get the model's files and packages on an instance (default: 0s)",
      times,
    ),
    batchSize: parsed(
      '<n>',
      'cut batches of so many items (default: as submit would with this pace)',
      integerBetween(1, MOST_BATCH_ITEMS),
    ),
  }),
  ...inGroup('The pool:', {
    instances: parsed(
      '<n>',
      `let at most so many instances come (default: ${DEFAULT_INSTANCES})`,
      integerBetween(1, MOST_WORKERS),
    ),
    slots: parsed('<n>', 'give each instance so many slots (default: 1)', integerBetween(1, MOST_SLOTS)),
    arrival: parsed('<times>', 'take this time until an instance that was asked for is launched (default: 0s)', times),
    boot: parsed(
      '<times>',
      'take this time from the launch of an instance until its worker is up (default: 60s)',
      times,
    ),
    reclaims: parsed(
      '<n>',
      'let AWS take an instance so often in an hour (default: 0)',
      numberBetween(0, MOST_RECLAIMS),
    ),
    noNotice: parsed(
      '<share>',
      'let this share of the reclaims, from 0 to 1, come without a notice (default: 0)',
      numberBetween(0, 1),
    ),
    price: parsed('<dollars>', 'let an instance cost so much an hour', numberBetween(0, MOST_DOLLARS)),
  }),
  simulations: withDefault(
    parsed('<n>', 'simulate each policy so many times', integerBetween(1, MOST_SIMULATIONS)),
    SIMULATIONS,
  ),
  seed: withDefault(parsed('<n>', 'draw other random numbers', integerBetween(0, MOST_SEED)), 1),
  ...stackOptions,
};

type PoolCall = Call<never, typeof poolOptions>;

export const poolCommand = defineCommand({
  name: 'pool',
  description:
    'Compare ways to run a job on a pool. Time, cost, idle time and instances over time are shown. spotpool is simulated with its own decisions about batches, capacity, exits and drains. The other policies are stateless tasks, a fixed pool, an instance for each batch, and target tracking on the length of the queue.',
  args: {},
  options: poolOptions,
  examples: [
    'spotpool simulate pool --items 100000 --item-time 20ms --instances 16',
    'spotpool simulate pool --items 5000 --item-time 2s:p90=9s --reclaims 0.1',
    'spotpool simulate pool --from my-job --instances 64',
  ],
  run: pool,
});

async function pool({ context, options }: PoolCall): Promise<number> {
  const { terminal } = context;
  const { simulations, seed, json } = options;
  const from = options.from === undefined ? undefined : await scenarioOfJob(context, options, options.from);
  const scenario = scenarioFrom(options, from);
  const forecasts = await forecastAll(context, scenario, { simulations, seed });
  const comparison = { scenario, ideal: idealOf(scenario), forecasts, policies: POLICIES, simulations, seed };
  if (json) terminal.out(`${JSON.stringify(comparisonJson(comparison))}\n`);
  else {
    const columns = terminal.interactive ? terminal.size().columns : Infinity;
    terminal.out(`${comparisonText(comparison, columns).join('\n')}\n`);
  }
  return EXIT.ok;
}

async function scenarioOfJob(context: CliContext, flags: PoolCall['options'], job: string): Promise<Scenario> {
  const { local, stack } = flags;
  const ports = await openStack(context, definedFields({ local, stack }));
  const record = await readRecord(context, ports, job, context.signal);
  const scenario = scenarioOf(record);
  if (scenario !== undefined) return scenario;
  throw new UserError(
    `Job ${job} has no measured times of items, because no batch of it is done. Give --items and --item-time instead of --from.`,
  );
}

async function forecastAll(
  { signal }: CliContext,
  scenario: Scenario,
  { simulations, seed }: { readonly simulations: number; readonly seed: number },
): Promise<readonly Forecast[]> {
  const forecasts: Forecast[] = [];
  // Most policies cut a dataset alike, and a large one takes seconds.
  const cuts = new Map<Policy['cut'], readonly number[]>();
  for (const policy of POLICIES) {
    const batchItems = cuts.get(policy.cut) ?? policy.cut(scenario);
    cuts.set(policy.cut, batchItems);
    const one = new PoolForecast(scenario, policy, seed, batchItems);
    for (let run = 0; run < simulations; run += 1) {
      one.runOnce();
      // Ctrl-C is heard between two runs.
      await setImmediate();
      signal.throwIfAborted();
    }
    forecasts.push(one.result());
  }
  return forecasts;
}
