/** `spotpool fleet`: target, fulfilled, and the instances. */
import type { Command } from 'commander';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJsonOption, addStackOptions, type StackFlags } from '../cli/options.js';
import type { CommandHost } from '../cli/command-host.js';
import { fleetReplacedSentence } from '../controller/decide/troubles.js';
import { plural, span, table } from '../display/format.js';
import { type FleetView, type InstanceView, readFleetView } from '../status/fleet-view.js';
import { openStack } from './open-stack.js';

interface Flags extends StackFlags {
  readonly json?: boolean;
  readonly all?: boolean;
}

export function addFleetCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('fleet')
    .description("Show the fleet's target, what of it is fulfilled, and its instances.")
    .option('--all', 'ended instances too, as long as EC2 shows them')
    .addHelpText('after', '\nExamples:\n  $ spotpool fleet --local\n  $ spotpool fleet --json | jq .counts.running');
  addJsonOption(addStackOptions(command)).action(async (flags: Flags) => host.finish(await fleet(host.context, flags)));
}

async function fleet(context: CliContext, flags: Flags): Promise<number> {
  const { terminal, signal, clock } = context;
  const ports = await openStack(context, flags);
  const view = await readFleetView(ports, signal);
  if (flags.json)
    terminal.out(`${JSON.stringify({ fleet: view.insteadOf?.found ?? ports.config.fleetId, ...view })}\n`);
  else terminal.out(`${fleetLines(view, ports.config.fleetId, flags.all ?? false, clock.nowMs()).join('\n')}\n`);
  return EXIT.ok;
}

export function fleetLines(view: FleetView, fleetId: string, all: boolean, nowMs: number): readonly string[] {
  const { counts, insteadOf } = view;
  const shown = view.instances.filter((instance) => all || instance.standing !== undefined);
  const header = ['INSTANCE', 'STATE', 'WORKER', 'SLOTS', 'TYPE', 'ZONE', 'UP FOR'];
  const rows = shown.map((instance) => [
    instance.instance,
    stateOf(instance),
    instance.phase ?? '-',
    slotsText(instance),
    instance.instanceType,
    instance.zone,
    instance.standing === undefined ? '-' : span((nowMs - instance.launchedAtMs) / 1000),
  ]);
  return [
    ...(insteadOf === undefined ? [] : [fleetReplacedSentence(insteadOf)]),
    `Fleet ${insteadOf?.found ?? fleetId} (${view.state}): target ${counts.target}, fulfilled ${counts.fulfilled}.`,
    ...(view.published?.teardown === undefined
      ? []
      : [`It is being torn down by ${view.published.teardown.by} since ${view.published.teardown.at}.`]),
    `${counts.pending} pending, ${counts.running} running, ${counts.noticed} noticed, ${counts.draining} draining.`,
    '',
    ...(rows.length === 0 ? [plural(0, 'instance')] : table([header, ...rows])),
  ];
}

/** "8", or "1 × 16" with slices at once. */
function slotsText({ slots, shape }: InstanceView): string {
  if (slots === undefined) return '-';
  return shape === undefined || shape.concurrency === 1 ? String(slots) : `${slots} × ${shape.concurrency}`;
}

function stateOf(instance: InstanceView): string {
  if (instance.notice !== undefined && instance.standing !== undefined) return `${instance.notice} notice`;
  return instance.standing ?? (instance.reclaimed ? 'reclaimed' : instance.state);
}
