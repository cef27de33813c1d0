/**
 * Explains, by hand, what the recorded differences mean for spotpool. `where` names a service, a feature, or one test (`service: feature > test`).
 * Of the notes whose `where` begins the name of a test, the longest counts.
 */
import type { EmulatorName } from './catalogue.js';

export interface Note {
  readonly where: string;
  /** The emulators that the note is about. When absent, it is about all of them. */
  readonly of?: readonly EmulatorName[];
  /** The consequence for spotpool, or for the users who test with it, in one or two sentences. */
  readonly matters: string;
}

export const NOTES: readonly Note[] = [
  {
    where: 'ec2: EC2 Fleet',
    matters:
      'An EC2 Fleet is not kept at its target and cannot be modified. On an emulator spotpool uses a Spot Fleet (`spotpool emulator fleet create`). Its code for EC2 Fleets is tested on the local cloud.',
  },
  {
    where: 'ec2: Spot Fleet: cancel',
    matters: 'Cancelling always ends the instances. spotpool deletes fleets only when nothing runs.',
  },
  {
    where: 'ec2: Spot Fleet: history',
    matters: 'The history of a fleet is missing, so `status` gives no reason for a shortage.',
  },
  {
    where: 'ec2: Spot Fleet: instances and modify',
    matters: 'Instance requirements select no types. On an emulator spotpool names types.',
  },
  {
    where: 'ec2: Spot Fleet: request and describe',
    matters:
      'A request does not show its policy, client tokens are ignored, and unknown ids have other errors. spotpool reports a missing fleet as a failure of the emulator.',
  },
  {
    where: 'ec2: Spot price history',
    matters: 'Prices are incomplete or missing. The report omits the cost, or uses the prices that are shown.',
  },
  {
    where: 'ec2: instance types',
    matters: 'Pages and requirements are missing, so the choice of instance types cannot be tested.',
  },
  {
    where: 'ec2: instances: describe',
    matters:
      'Unknown filters and malformed ids have other errors, and the instances of a fleet have no Spot request. spotpool filters by id, tag and state, which work.',
  },
  {
    where: 'ec2: instances: terminate',
    matters:
      'The test fails in its preparation, which modifies an EC2 Fleet. Ended instances stay visible, as spotpool needs.',
  },
  {
    where: 'ec2: launch template',
    matters: 'Client tokens, pages and some errors are missing. spotpool creates a template once, with a unique name.',
  },
  { where: 'ec2: tags', matters: "AWS's reserved tags are not protected. spotpool reads only its own tags." },
  { where: 'ec2: regions, zones, images', matters: 'spotpool asks only for the image and the subnets.' },
  { where: 's3: Buckets', matters: "Names, owners and listings are checked less. The stack's bucket is created once." },
  {
    where: 's3: Checksums',
    matters:
      'Some checksums are refused or not checked. A body that was damaged in transit would go unnoticed; loopback damages none.',
  },
  {
    where: 's3: Completing multipart uploads',
    matters:
      'Wrong lists of parts are accepted. spotpool completes the parts that the SDK lists. Of several completions with If-None-Match one wins, as on AWS.',
  },
  { where: 's3: Conditional deletes', matters: 'Conditional deletes are not implemented. spotpool uses none.' },
  {
    where: 's3: Conditional reads',
    matters: 'Rare conditions have another effect. spotpool reads without conditions.',
  },
  {
    where: 's3: Conditional writes',
    matters:
      'Only conditional copies and deletes differ. Of several conditional puts exactly one wins, as on AWS; the outcome of a batch relies on this.',
  },
  {
    where: 's3: Configuration of buckets',
    matters: 'Ownership and public access can be set but are not enforced, so permissions are not tested.',
  },
  { where: 's3: Copies', matters: 'spotpool copies no objects.' },
  {
    where: 's3: Keys',
    matters:
      "Keys with control characters or empty names break listings. spotpool's own keys are plain ASCII; a dataset's objects may have such keys.",
  },
  {
    where: 's3: Listings',
    matters: 'Encoded names and wrong tokens differ. spotpool lists by prefix and page, which work.',
  },
  {
    where: 's3: Multipart uploads',
    matters: 'Large uploads differ in details. Inputs are uploaded and read back unchanged.',
  },
  { where: 's3: Objects', matters: 'Limits are not enforced, and a refused delete of many objects is not reported.' },
  { where: 's3: Parts', matters: 'spotpool reads no parts or attributes.' },
  { where: 's3: Presigned URLs', matters: 'Signatures are not checked. spotpool presigns no URLs.' },
  { where: 's3: Ranges', matters: 'Only ranges in units other than bytes differ.' },
  {
    where: 's3: Tags of objects',
    matters:
      'Only the refusals of wrong tags differ. spotpool sets one tag on saved progress, so that the bucket deletes it later; the emulator keeps that tag.',
  },
  { where: 's3: Unfinished uploads', matters: "spotpool leaves unfinished uploads to the bucket's lifecycle rules." },
  { where: 's3: Reads', matters: 'spotpool uses none of these options.' },
  {
    where: 'scheduler: one-time schedules: firing',
    matters:
      "No schedule fires, so the dead-man's switch exists but never acts. It is tested on the local cloud. Do not rely on it on an emulator.",
  },
  {
    where: 'scheduler',
    matters:
      'Client tokens, defaults and validation differ. spotpool writes valid schedules and finds its own by name.',
  },
  { where: 'sqs: dead-letter queues', matters: "Redrive policies are not checked. The stack's policy is valid." },
  { where: 'sqs: delete', matters: 'The fault of an entry has another message. spotpool reads its code.' },
  {
    where: 'sqs: long polls',
    of: ['localstack'],
    matters:
      'A poll that its client aborted swallows the next message until its visibility timeout. A worker that leaves during a poll may delay one batch by a lease. No message is lost.',
  },
  {
    where: 'sqs: long polls',
    of: ['moto'],
    matters: 'A poll that its client aborted swallows the next message until its visibility timeout, as on LocalStack.',
  },
  {
    where: 'sqs: message move tasks',
    matters: 'SQS cannot move dead letters back. spotpool sends every batch without an outcome again.',
  },
  { where: 'sqs: message attributes', matters: "spotpool's messages have no attributes." },
  { where: 'sqs: purge', matters: 'Only a second purge within a minute differs. spotpool purges no queue.' },
  { where: 'sqs: queue attributes', matters: "Values are not checked. The stack's values are valid." },
  { where: 'sqs: queue tags', matters: 'spotpool reads no tags of queues.' },
  { where: 'sqs: queues', matters: "Names and errors differ in details. The stack's queues are created once." },
  { where: 'sqs: receive', matters: 'Wrong numbers of messages are accepted. spotpool asks for one to ten.' },
  {
    where: 'sqs: send a batch',
    matters:
      'A wrong delay is accepted, and failed entries have other codes. spotpool sends valid entries and repeats failed ones, whatever their code.',
  },
  {
    where: 'sqs: send one message',
    matters: 'Wrong values are accepted. spotpool sends valid messages, and only in batches.',
  },
  {
    where: 'sqs: system attributes of messages',
    matters: 'Unknown names are accepted. spotpool asks for known names.',
  },
  {
    where: 'sqs: visibility',
    matters:
      'Visibility may exceed twelve hours from the receive. spotpool hands a batch back after eleven hours by its own clock.',
  },
];

/** These tests use random data. A run may or may not meet their differences, and neither is reported. */
const RANDOM = [
  's3: Keys > any key passes put, get, head, list and delete',
  "s3: Listings > return the model's pages, by tokens alone",
];
/** In this test LocalStack gives the message either to the poll that was given up or to the one after it. */
const EITHER_POLL = 'sqs: long polls > a poll that its client aborted takes no message with it';
export const SOMETIMES: Readonly<Record<EmulatorName, readonly string[]>> = {
  localstack: [...RANDOM, EITHER_POLL],
  moto: RANDOM,
};

/** The features in which any version must behave as AWS does, because spotpool relies on them. */
const RELIED_ON_EVERYWHERE = [
  ...['sqs: delete', 'sqs: receive', 'sqs: send a batch', 'sqs: visibility'],
  ...['s3: Conditional writes', 's3: Listings', 's3: Multipart uploads', 's3: Objects', 's3: Ranges'],
  ...['ec2: Spot Fleet: instances and modify', 'ec2: Spot Fleet: request and describe', 'ec2: instances', 'ec2: tags'],
];
export const RELIED_ON: Readonly<Record<EmulatorName, readonly string[]>> = {
  localstack: [...RELIED_ON_EVERYWHERE, 'sqs: dead-letter queues'],
  moto: RELIED_ON_EVERYWHERE,
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
