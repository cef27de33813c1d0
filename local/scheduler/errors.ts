/**
 * Errors of the scheduler's API.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html#API_CreateSchedule_Errors
 */
const STATUSES = {
  ValidationException: 400,
  ConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
  InternalServerException: 500,
  SerializationException: 400,
  UnknownOperationException: 404,
  RequestEntityTooLargeException: 413,
} as const;

export class SchedulerError extends Error {
  constructor(
    override readonly name: keyof typeof STATUSES,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    return STATUSES[this.name];
  }
}

export const invalid = (message: string): SchedulerError => new SchedulerError('ValidationException', message);

/** Refuses a feature of AWS that the local cloud lacks, instead of doing something else. */
export const notSupported = (what: string): SchedulerError => invalid(`The local cloud does not support ${what}.`);
