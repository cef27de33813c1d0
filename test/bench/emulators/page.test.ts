import { expect, test } from 'vitest';
import { LOCALSTACKS, MOTO, versionOf } from '../../../bench/peers/catalogue.js';
import { EMULATORS } from '../../../bench/emulators/catalogue.js';
import { isReliedOn, isSometimes, meaningOf, NOTES, RELIED_ON, SOMETIMES } from '../../../bench/emulators/notes.js';
import { differences, isPageCurrent } from '../../../bench/emulators/page.js';
import { readRecord, testName } from '../../../bench/emulators/record.js';

const recorded = EMULATORS.flatMap((emulator) =>
  Object.entries(readRecord(emulator)).flatMap(([version, record]) =>
    Object.entries(record).flatMap(([feature, { differences: found }]) =>
      Object.keys(found).map((name) => ({ emulator, version, name: testName(feature, name) })),
    ),
  ),
);

test('docs/reports/localstack.md matches the records and the notes', async () => {
  expect(await isPageCurrent()).toBe(true);
});

test('every version that can be installed has a record', () => {
  expect(Object.keys(readRecord('localstack')).sort()).toEqual(LOCALSTACKS.map(versionOf).sort());
  expect(Object.keys(readRecord('moto'))).toEqual([versionOf(MOTO)]);
});

test('every recorded difference has a note, and every note is used', () => {
  expect(recorded.filter(({ name, emulator }) => meaningOf(name, emulator) === undefined)).toEqual([]);
  const names = EMULATORS.flatMap((emulator) =>
    Object.values(readRecord(emulator)).flatMap((record) => Object.keys(record)),
  );
  const isUsed = (where: string): boolean =>
    [...names, ...recorded.map(({ name }) => name)].some((name) => name.startsWith(where));
  expect(NOTES.map(({ where }) => where).filter((where) => !isUsed(where))).toEqual([]);
  expect(
    Object.values(RELIED_ON)
      .flat()
      .filter((where) => !isUsed(where)),
  ).toEqual([]);
});

test('the differences that only some runs meet are named as the suite names them', () => {
  for (const emulator of EMULATORS) {
    for (const name of SOMETIMES[emulator]) {
      expect(isSometimes(emulator)(name)).toBe(true);
      expect(Object.values(readRecord(emulator)).some((record) => name.split(' > ')[0]! in record)).toBe(true);
    }
    expect(isReliedOn(emulator)('s3: Presigned URLs > are made')).toBe(false);
  }
});

test('the table has a row per feature that differs, a column per version, and a note; the reasons follow it', () => {
  const made = differences([
    {
      emulator: 'localstack',
      title: 'LocalStack 1.0',
      record: {
        'sqs: long polls': { tests: 7, differences: { 'a poll | that ends': 'late' } },
        'sqs: purge': { tests: 1, differences: {} },
      },
    },
    { emulator: 'moto', title: 'moto 2.0', record: { 'sqs: long polls': { tests: 7, differences: {} } } },
  ]);
  expect(made).toMatch(/^\| feature \| LocalStack 1\.0 \| moto 2\.0 \| what it means for spotpool \|$/m);
  expect(made).toMatch(/^\| sqs: long polls \| 1 of 7 \| 0 of 7 \| LocalStack: A poll that its client aborted/m);
  expect(made).not.toContain('sqs: purge');
  expect(made).toMatch(/^\| all \| 1 of 8 \| 0 of 7 \|/m);
  expect(made).toContain('### LocalStack 1.0\n\n- sqs: long polls\n  - a poll \\| that ends — late');
  expect(made).toContain('### moto 2.0\n\nNothing.');
});
