/** Controllers run the real passes. One that crashes is started anew after a while, with nothing remembered, as the next function or command is. */
import { newControllerMemory } from '../../../runner/controller/memory.js';
import type { ControllerPorts } from '../../../runner/controller/ports.js';
import { runPass } from '../../../runner/controller/run-pass.js';
import { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';

const MOST_PAUSE_MS = 120_000;

export function startController(world: World, number: number, passMs: number): void {
  let lives = 0;
  const start = (): void => {
    if (world.isOver) return;
    const process = new SimulatedProcess('controller', `controller-${number}.${lives++}`, world.clock, world.random);
    world.controllers.add(process);
    void control(world, process, passMs);
    process.onKilled = () => {
      world.controllers.delete(process);
      world.clock.after(process.random.next() * MOST_PAUSE_MS, undefined, start);
    };
  };
  start();
}

async function control(world: World, process: SimulatedProcess, passMs: number): Promise<void> {
  const ports = controllerPorts(world, process);
  const { signal } = new AbortController();
  const options = { maxWorkers: world.settings.maxWorkers, memory: newControllerMemory() };
  while (!world.isOver) {
    // A pass that fails is tried again, as every loop of passes does.
    await runPass(ports, options, signal).catch((error: unknown) => world.passFailed(process, error));
    await process.clock.sleep(passMs, signal);
  }
}

export function controllerPorts(world: World, process: SimulatedProcess): ControllerPorts {
  return {
    store: world.bucket.storeFor(process),
    queue: world.queue.queueFor(process),
    fleet: world.fleet.fleetFor(process),
    deadMan: world.deadMan.switchFor(process),
    clock: process.clock,
  };
}
