import type { SeenInstance } from '../../../emulator/host/ports.js';

/** An instance of a fleet as EC2 shows it. */
export const seen = (instance: string, state: SeenInstance['state']): SeenInstance => ({
  instance,
  state,
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  launchedAtMs: 0,
  imageId: 'ami-1',
  tags: {},
  instanceProfile: undefined,
});
