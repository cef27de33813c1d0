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
      'Nothing keeps an EC2 Fleet at its target, and none can be modified: on an emulator spotpool makes a Spot Fleet (`spotpool emulator fleet create`); its code for EC2 Fleets is tested on the local cloud.',
  },
  {
    where: 'ec2: Spot Fleet: cancel',
    matters: 'Cancelling ends the instances whatever is asked; spotpool deletes fleets only when nothing runs.',
  },
  {
    where: 'ec2: Spot Fleet: history',
    matters: 'Why capacity is short cannot be asked, so that `status` gives no reason.',
  },
  {
    where: 'ec2: Spot Fleet: instances and modify',
    matters: 'Requirements choose no types; spotpool names types there.',
  },
  {
    where: 'ec2: Spot Fleet: request and describe',
    matters:
      'A request does not show its policy, client tokens count for nothing, and unknown ids have other errors: a fleet that is gone is told as a failure of the emulator.',
  },
  {
    where: 'ec2: Spot price history',
    matters: 'There are no prices: the report leaves the cost out or takes what is shown.',
  },
  {
    where: 'ec2: instance types',
    matters: 'No pages, no requirements: which instances a stack may get cannot be tried.',
  },
  {
    where: 'ec2: instances: describe',
    matters:
      'Unknown filters and malformed ids have other errors, and a Spot request says nothing; spotpool filters by id, tag and state, which work.',
  },
  {
    where: 'ec2: instances: terminate',
    matters:
      "What fails is the test's preparation (an EC2 Fleet that is modified); ended instances stay visible, as spotpool needs.",
  },
  {
    where: 'ec2: launch template',
    matters: 'Client tokens, pages and some errors are missing; spotpool makes a template once, by a name of its own.',
  },
  { where: 'ec2: tags', matters: "Tags of AWS's own are not protected; spotpool reads only its own." },
  { where: 'ec2: regions, zones, images', matters: 'spotpool asks for the image and the subnets alone.' },
  { where: 's3: Buckets', matters: "Names, owners and listings are checked less; the stack's bucket is made once." },
  {
    where: 's3: Checksums',
    matters:
      'Some checksums are refused or not checked: a body that is damaged on its way is not noticed, which loopback does not do.',
  },
  {
    where: 's3: Completing multipart uploads',
    matters:
      'Wrong lists of parts are taken; spotpool completes what the SDK lists. Of those who complete with If-None-Match one wins, as on AWS.',
  },
  { where: 's3: Conditional deletes', matters: 'Not implemented; spotpool never deletes with a condition.' },
  { where: 's3: Conditional reads', matters: 'Rarer conditions are read otherwise; spotpool reads without.' },
  {
    where: 's3: Conditional writes',
    matters:
      'Only copies and deletes with a condition differ: of conditional puts, on which outcomes rest, exactly one wins, as on AWS.',
  },
  {
    where: 's3: Configuration of buckets',
    matters: 'Ownership and public access are set, not enforced: permissions are not tested here.',
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
    matters: 'Large uploads differ in their details; inputs go up whole and come back the same.',
  },
  { where: 's3: Objects', matters: 'Limits are not enforced, and refusals of many deletes at once are not told.' },
  { where: 's3: Parts', matters: 'spotpool asks for no parts or attributes.' },
  { where: 's3: Presigned URLs', matters: 'Signatures are not checked; spotpool signs none.' },
  { where: 's3: Ranges', matters: 'Only ranges of another unit than bytes differ.' },
  {
    where: 's3: Tags of objects',
    matters:
      'Only the refusals of wrong tags differ; spotpool tags saved progress with one tag, by which the bucket forgets it, and that is kept.',
  },
  { where: 's3: Unfinished uploads', matters: "spotpool leaves them to the bucket's lifecycle." },
  { where: 's3: What a read may ask for', matters: 'spotpool asks for nothing of the kind.' },
  {
    where: 'scheduler: one-time schedules: firing',
    matters:
      "No schedule fires: the dead-man's switch stands, and never acts. It is tested on the local cloud; do not count on it here.",
  },
  {
    where: 'scheduler',
    matters:
      'Client tokens, defaults and validation differ; spotpool writes schedules that are valid and looks for its own by name.',
  },
  { where: 'sqs: dead-letter queues', matters: "Policies are not checked; the stack's is right." },
  { where: 'sqs: delete', matters: "The entry's fault is told otherwise; spotpool reads its code." },
  {
    where: 'sqs: long polls',
    of: ['localstack'],
    matters:
      'A poll that its client gave up swallows the next message until its visibility ends: a worker that leaves in the middle of a poll may cost another one lease. Nothing is lost.',
  },
  {
    where: 'sqs: long polls',
    of: ['moto'],
    matters: 'A poll that its client gave up swallows the next message until its visibility ends, as on LocalStack.',
  },
  {
    where: 'sqs: message move tasks',
    matters: 'Dead letters cannot be moved back by SQS; spotpool enqueues what lacks an outcome anew.',
  },
  { where: 'sqs: message attributes', matters: "spotpool's messages have none." },
  { where: 'sqs: purge', matters: 'Only the second purge within a minute differs; spotpool purges nothing.' },
  { where: 'sqs: queue attributes', matters: "Values are not checked; the stack's are right." },
  { where: 'sqs: queue tags', matters: 'spotpool reads no tags of queues.' },
  { where: 'sqs: queues', matters: "Names and errors differ in details; the stack's queues are made once." },
  { where: 'sqs: receive', matters: 'Wrong counts of messages are taken; spotpool asks for one to ten.' },
  {
    where: 'sqs: send a batch',
    matters:
      'A wrong delay is taken, and codes of failed entries differ; spotpool sends valid entries and repeats those that failed, whatever the code.',
  },
  {
    where: 'sqs: send one message',
    matters: 'Wrong values are taken; spotpool sends messages by the batch, and valid ones.',
  },
  { where: 'sqs: system attributes of messages', matters: 'Unknown names are taken; spotpool asks for known ones.' },
  {
    where: 'sqs: visibility',
    matters: 'Twelve hours from the receive are not the most; spotpool hands back at eleven by its own clock.',
  },
];

/** Tests of random values: they find the difference only in some runs, and neither result is news. */
const RANDOM = [
  's3: Keys > any key goes round put, get, head, list and delete',
  's3: Listings > pages as the model says, by tokens alone',
];
/** LocalStack gives the message to either of the two waiting polls: the one whose client gave up, or the next one. */
const EITHER_POLL = 'sqs: long polls > a poll that its client gave up takes no message with it';
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
