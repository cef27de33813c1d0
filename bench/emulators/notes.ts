/**
 * Explanations of the recorded differences and of their effect on spotpool, written by hand. `where` names a
 * service, a feature, or one test (`service: feature > test`). The longest entry that a test's name begins with
 * counts.
 */
import type { EmulatorName } from './catalogue.js';

export interface Note {
  readonly where: string;
  /** The default is all emulators. */
  readonly of?: readonly EmulatorName[];
  /** The effect on spotpool, or on its tests, in one sentence. */
  readonly matters: string;
}

export const NOTES: readonly Note[] = [
  {
    where: 'ec2: EC2 Fleet',
    matters:
      'An EC2 Fleet is not kept at its target and cannot be modified. On an emulator spotpool uses a Spot Fleet (`spotpool emulator fleet create`); its code for EC2 Fleets is tested on the local cloud.',
  },
  {
    where: 'ec2: Spot Fleet: cancel',
    matters: 'Cancelling always ends the instances; spotpool deletes fleets only when no instance runs.',
  },
  {
    where: 'ec2: Spot Fleet: history',
    matters: 'The history gives no reason for missing capacity, so `status` gives none either.',
  },
  {
    where: 'ec2: Spot Fleet: instances and modify',
    matters: 'Requirements are not supported; spotpool names instance types there.',
  },
  {
    where: 'ec2: Spot Fleet: request and describe',
    matters:
      'A request does not show its policy, client tokens are ignored, and unknown ids have other errors: spotpool reports a missing fleet as a failure of the emulator.',
  },
  {
    where: 'ec2: Spot price history',
    matters: 'There are no real prices: the report omits the cost or uses the prices that the emulator returns.',
  },
  {
    where: 'ec2: instance types',
    matters: "Pages and requirements are missing, so a stack's choice of instances cannot be tested.",
  },
  {
    where: 'ec2: instances: describe',
    matters:
      'Unknown filters and malformed ids have other errors, and a Spot request shows no status; spotpool filters by id, tag and state, which work.',
  },
  {
    where: 'ec2: instances: terminate',
    matters:
      "Only the test's preparation fails (an EC2 Fleet that is modified); ended instances stay visible, as spotpool needs.",
  },
  {
    where: 'ec2: launch template',
    matters: 'Client tokens, pages and some errors are missing; spotpool creates a template once, under a unique name.',
  },
  { where: 'ec2: tags', matters: "AWS's own tags are not protected; spotpool reads only its own tags." },
  { where: 'ec2: regions, zones, images', matters: 'spotpool reads only the image and the subnets.' },
  {
    where: 's3: Buckets',
    matters: "Names, owners and listings are checked less strictly; the stack's bucket is created once.",
  },
  {
    where: 's3: Checksums',
    matters:
      'Some checksums are refused or not checked, so a body that is damaged on its way is not noticed. That does not happen on loopback.',
  },
  {
    where: 's3: Completing multipart uploads',
    matters:
      "Wrong lists of parts are accepted; spotpool sends the SDK's list. Of several completions with If-None-Match one wins, as on AWS.",
  },
  { where: 's3: Conditional deletes', matters: 'Conditional deletes are not implemented; spotpool does not use them.' },
  {
    where: 's3: Conditional reads',
    matters: 'Rare conditions are interpreted differently; spotpool reads without conditions.',
  },
  {
    where: 's3: Conditional writes',
    matters:
      'Only copies and deletes with a condition differ: of conditional puts, on which outcomes rest, exactly one wins, as on AWS.',
  },
  {
    where: 's3: Configuration of buckets',
    matters: 'Ownership and public access can be set, but are not enforced: permissions are not tested here.',
  },
  { where: 's3: Copies', matters: 'spotpool copies nothing.' },
  {
    where: 's3: Keys',
    matters:
      "Keys with control characters and empty names break listings; spotpool's own keys are plain ASCII, the keys of a dataset's objects need not be.",
  },
  {
    where: 's3: Listings',
    matters: 'Encoded names and wrong tokens differ; spotpool lists by prefix and page, which work.',
  },
  {
    where: 's3: Multipart uploads',
    matters: 'Large uploads differ in details; inputs are uploaded and read back correctly.',
  },
  {
    where: 's3: Objects',
    matters: 'Limits are not enforced, and refusals in a call of many deletes are not reported.',
  },
  { where: 's3: Parts', matters: 'spotpool reads no parts or attributes.' },
  { where: 's3: Presigned URLs', matters: 'Signatures are not checked; spotpool presigns no URLs.' },
  { where: 's3: Ranges', matters: 'Only ranges of another unit than bytes differ.' },
  {
    where: 's3: Tags of objects',
    matters:
      'Only the refusals of wrong tags differ; spotpool marks saved progress with one tag, by which the bucket expires it, and that tag is kept.',
  },
  { where: 's3: Unfinished uploads', matters: "spotpool leaves them to the bucket's lifecycle." },
  { where: 's3: Reads', matters: 'spotpool uses no such parameters.' },
  {
    where: 'scheduler: one-time schedules: firing',
    matters:
      "No schedule fires: the dead-man's switch exists, but never acts. It is tested on the local cloud; do not rely on it here.",
  },
  {
    where: 'scheduler',
    matters:
      'Client tokens, defaults and validation differ; spotpool writes valid schedules and finds its own by name.',
  },
  { where: 'sqs: dead-letter queues', matters: "Policies are not checked; the stack's policy is valid." },
  { where: 'sqs: delete', matters: "The entry's error has another text; spotpool reads its code." },
  {
    where: 'sqs: long polls',
    of: ['localstack'],
    matters:
      'An aborted poll takes the next message until its visibility ends, so a worker that leaves in the middle of a poll may delay a batch by one lease. Nothing is lost.',
  },
  {
    where: 'sqs: long polls',
    of: ['moto'],
    matters: 'An aborted poll takes the next message until its visibility ends, as on LocalStack.',
  },
  {
    where: 'sqs: message move tasks',
    matters: 'SQS cannot move dead letters back; spotpool enqueues batches without an outcome again.',
  },
  { where: 'sqs: message attributes', matters: "spotpool's messages have no attributes." },
  { where: 'sqs: purge', matters: 'Only the second purge within a minute differs; spotpool purges nothing.' },
  { where: 'sqs: queue attributes', matters: "Values are not checked; the stack's values are valid." },
  { where: 'sqs: queue tags', matters: 'spotpool reads no tags of queues.' },
  { where: 'sqs: queues', matters: "Names and errors differ in details; the stack's queues are created once." },
  { where: 'sqs: receive', matters: 'Wrong message counts are accepted; spotpool asks for one to ten.' },
  {
    where: 'sqs: send a batch',
    matters:
      'A wrong delay is accepted, and codes of failed entries differ; spotpool sends valid entries and retries failed ones, whatever the code.',
  },
  {
    where: 'sqs: send one message',
    matters: 'Wrong values are accepted; spotpool sends valid messages in batches.',
  },
  { where: 'sqs: system attributes of messages', matters: 'Unknown names are accepted; spotpool uses known ones.' },
  {
    where: 'sqs: visibility',
    matters: 'The limit of twelve hours is not enforced; spotpool hands a batch back after eleven by its own clock.',
  },
];

/** Tests of random values: they find the difference only in some runs, and neither result is news. */
const RANDOM = [
  's3: Keys > any key passes put, get, head, list and delete',
  "s3: Listings > return the model's pages, by tokens alone",
];
/** LocalStack gives the message to either of the two waiting polls: the one whose client gave up, or the next one. */
const EITHER_POLL = 'sqs: long polls > a poll that its client aborted takes no message with it';
export const SOMETIMES: Readonly<Record<EmulatorName, readonly string[]>> = {
  localstack: [...RANDOM, EITHER_POLL],
  moto: RANDOM,
};

/** Every version must behave as AWS does here, or spotpool cannot work on it. */
const OF_BOTH = [
  ...['sqs: delete', 'sqs: receive', 'sqs: send a batch', 'sqs: visibility'],
  ...['s3: Conditional writes', 's3: Listings', 's3: Multipart uploads', 's3: Objects', 's3: Ranges'],
  ...['ec2: Spot Fleet: instances and modify', 'ec2: Spot Fleet: request and describe', 'ec2: instances', 'ec2: tags'],
];
export const RELIED_ON: Readonly<Record<EmulatorName, readonly string[]>> = {
  localstack: [...OF_BOTH, 'sqs: dead-letter queues'],
  moto: OF_BOTH,
};

export const isSometimes =
  (emulator: EmulatorName) =>
  (test: string): boolean =>
    SOMETIMES[emulator].includes(test);

export const isReliedOn =
  (emulator: EmulatorName) =>
  (test: string): boolean =>
    RELIED_ON[emulator].some((where) => test.startsWith(where));

export function meaningOf(test: string, emulator: EmulatorName): string | undefined {
  const fitting = NOTES.filter(
    ({ where, of }) => test.startsWith(where) && (of === undefined || of.includes(emulator)),
  );
  return fitting.sort((a, b) => b.where.length - a.where.length)[0]?.matters;
}
