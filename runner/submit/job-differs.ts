/** The job with this id was submitted with other content. */
import { UserError } from '../errors.js';

export class JobDiffers extends UserError {
  override readonly kind = 'job-differs';
  constructor(
    readonly job: string,
    /** A clause for each difference. */
    readonly differences: readonly string[],
  ) {
    super(
      `Job ${job} exists already and differs: ${differences.join('; ')}. ` +
        'To continue it, repeat the original command. To start a new job, choose another --id.',
    );
  }
}
