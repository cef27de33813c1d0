/** `spotpool fleet` shows the target, the fulfilled capacity and the instances. */
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { toggle } from '../cli/option-rows.js';
import { fleetReplacedSentence } from '../controller/decide/troubles.js';
import { plural, span, table } from '../display/format.js';
import { type FleetView, type InstanceView, readFleetView } from '../status/fleet-view.js';

const fleetOptions = { all: toggle('show ended instances too, as long as EC2 shows them') };

export const fleetCommand = defineStackCommand({
  name: 'fleet',
  description: "Show the fleet's capacity and its instances.",
  args: {},
  options: fleetOptions,
  examples: ['spotpool fleet --local', 'spotpool fleet --json | jq .counts.running'],
  run: fleet,
});

async function fleet({ context, ports, options }: StackCall<never, typeof fleetOptions>): Promise<number> {
  const { terminal, signal, clock } = context;
  const view = await readFleetView(ports, signal);
  const { fleetId } = ports.config;
  if (options.json) terminal.out(`${JSON.stringify({ fleet: view.insteadOf?.found ?? fleetId, ...view })}\n`);
  else terminal.out(`${fleetLines(view, fleetId, options.all ?? false, clock.nowMs()).join('\n')}\n`);
  return EXIT.ok;
}

export function fleetLines(view: FleetView, fleetId: string, all: boolean, nowMs: number): readonly string[] {
  const { counts, insteadOf } = view;
  const shown = view.instances.filter((instance) => all || instance.standing !== undefined);
  const hasGpus = shown.some(({ gpus }) => gpus !== undefined);
  const header = ['INSTANCE', 'STATE', 'WORKER', 'SLOTS', ...(hasGpus ? ['GPUS'] : []), 'TYPE', 'ZONE', 'UP FOR'];
  const rows = shown.map((instance) => [
    instance.instance,
    stateOf(instance),
    instance.phase ?? '-',
    slotsText(instance),
    ...(hasGpus ? [gpusText(instance)] : []),
    instance.instanceType,
    instance.zone,
    instance.standing === undefined ? '-' : span((nowMs - instance.launchedAtMs) / 1000),
  ]);
  return [
    ...(insteadOf === undefined ? [] : [fleetReplacedSentence(insteadOf)]),
    `Fleet ${insteadOf?.found ?? fleetId} (${view.state}): target ${counts.target}, fulfilled ${counts.fulfilled}.`,
    ...(view.published?.teardown === undefined
      ? []
      : [`${view.published.teardown.by} has been tearing it down since ${view.published.teardown.at}.`]),
    `${counts.pending} pending, ${counts.running} running, ${counts.noticed} noticed, ${counts.draining} draining.`,
    '',
    ...(rows.length === 0 ? [plural(0, 'instance')] : table([header, ...rows])),
  ];
}

/** Returns "8" for eight slots, and "1 × 16" for one slot with sixteen slices at once. */
function slotsText({ slots, shape }: InstanceView): string {
  if (slots === undefined) return '-';
  return shape === undefined || shape.concurrency === 1 ? String(slots) : `${slots} × ${shape.concurrency}`;
}

/** Returns a text such as "8 × NVIDIA A10G, 97 %, 9.1 of 24 GB": the mean use and the memory of a GPU. */
function gpusText({ gpus = [] }: InstanceView): string {
  const [first] = gpus;
  if (first === undefined) return '-';
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const uses = gpus.flatMap(({ use }) => (use === undefined ? [] : [use]));
  const use = uses.length === 0 ? '' : `${(mean(uses) * 100).toFixed(0)} %, `;
  const gb = (mib: number): number => (mib * 1024 * 1024) / 1e9;
  const used = gb(mean(gpus.map(({ usedMib }) => usedMib))).toFixed(1);
  return `${gpus.length} × ${first.name}, ${use}${used} of ${gb(first.memoryMib).toFixed(0)} GB`;
}

function stateOf(instance: InstanceView): string {
  if (instance.silentForMs !== undefined) return `silent for ${span(instance.silentForMs / 1000)}`;
  if (instance.notice !== undefined && instance.standing !== undefined) return `${instance.notice} notice`;
  return instance.standing ?? (instance.reclaimed ? 'reclaimed' : instance.state);
}
