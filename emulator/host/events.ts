/** The events that a host reports. `spotpool emulator host` prints each as one line. */
export interface HostEvent {
  readonly event:
    | 'hosting'
    | 'instance-up'
    | 'instance-not-started'
    | 'notice'
    | 'instance-ending'
    | 'worker-ended'
    | 'instance-ended'
    | 'instance-terminated'
    | 'fleet-refilled'
    | 'instances-wait'
    | 'trouble'
    | 'trouble-over';
  readonly instance?: string;
  /** The event as a sentence for people. */
  readonly message: string;
  readonly pid?: number;
  readonly consoleFile?: string;
}
