/** The emulators that the product is tested on, and how to recognise each. */
import { LOCALSTACKS, MOTO, type Peer } from '../peers/catalogue.js';

export const EMULATORS = ['localstack', 'moto'] as const;
export type EmulatorName = (typeof EMULATORS)[number];

export interface Emulator {
  readonly name: EmulatorName;
  readonly title: string;
  /** The endpoint on which its users usually run it. */
  readonly usualEndpoint: string;
  readonly healthPath: string;
  /** Returns the version in a health answer: '' when the emulator gives none, undefined when the answer is not from this emulator. */
  readonly versionIn: (answer: unknown) => string | undefined;
  readonly docker: { readonly image: string; readonly port: number; readonly env: Readonly<Record<string, string>> };
  /** The versions that can be installed, best first. */
  readonly peers: readonly Peer[];
}

const field = (answer: unknown, name: string): unknown =>
  typeof answer === 'object' && answer !== null ? (answer as Readonly<Record<string, unknown>>)[name] : undefined;

export const CATALOGUE: Readonly<Record<EmulatorName, Emulator>> = {
  localstack: {
    name: 'localstack',
    title: 'LocalStack',
    usualEndpoint: 'http://127.0.0.1:4566',
    healthPath: '/_localstack/health',
    versionIn: (answer) => {
      const version = field(answer, 'version');
      if (typeof field(answer, 'services') !== 'object') return undefined;
      return typeof version === 'string' ? version : undefined;
    },
    // Later images need an account.
    docker: {
      image: 'localstack/localstack:4.14.0',
      port: 4566,
      env: { DISABLE_EVENTS: '1', SKIP_SSL_CERT_DOWNLOAD: '1' },
    },
    peers: LOCALSTACKS,
  },
  moto: {
    name: 'moto',
    title: 'moto',
    usualEndpoint: 'http://127.0.0.1:5000',
    healthPath: '/moto-api/config',
    versionIn: (answer) => (typeof field(answer, 'batch') === 'object' ? '' : undefined),
    docker: { image: 'motoserver/moto:5.2.5', port: 5000, env: {} },
    peers: [MOTO],
  },
};
