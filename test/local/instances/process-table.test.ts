import { expect, test } from 'vitest';
import { membersOf, type ProcessEntry, processTable } from '../../../local/instances/process-table.js';

const entry = (pid: number, parent: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent,
  group: pid,
  session: pid,
  startTicks: 100,
  zombie: false,
  ...more,
});

const family = { leader: 10, startTicks: 100, directory: '/instances/i-1' };
const nobody = (): boolean => false;
const members = (table: readonly ProcessEntry[], isMarked: (pid: number) => boolean = nobody): readonly number[] =>
  [...membersOf(family, table, isMarked)].sort((one, other) => one - other);

test('children are members, even with their own group and session', () => {
  expect(members([entry(1, 0), entry(10, 1), entry(11, 10), entry(12, 11), entry(20, 1)])).toEqual([10, 11, 12]);
});

test('orphans are members by their group or session, even after the leader has ended', () => {
  const orphan = entry(11, 1, { group: 10, session: 10 });
  const inSession = entry(12, 1, { group: 12, session: 10 });
  const besideIt = entry(13, 1, { group: 12, session: 12 });
  expect(members([orphan, inSession, besideIt, entry(20, 1)])).toEqual([11, 12, 13]);
});

test('a process that carries the instance’s mark is a member, and so are its children', () => {
  expect(members([entry(10, 1), entry(30, 1), entry(31, 30)], (pid) => pid === 30)).toEqual([10, 30, 31]);
});

test('a process older than the instance is never a member, even with its mark', () => {
  const shell = entry(30, 1, { startTicks: 99 });
  expect(members([entry(10, 1), shell, entry(31, 30)], (pid) => pid === 30)).toEqual([10]);
});

test('another process with the leader’s pid is not the leader', () => {
  expect(members([entry(10, 1, { startTicks: 500, group: 9, session: 9 })])).toEqual([]);
});

test('zombies and this process itself are never members', () => {
  const table = [entry(10, 1), entry(11, 10, { zombie: true }), entry(process.pid, 10)];
  expect(members(table)).toEqual([10]);
});

test('the table contains this process and its parent', () => {
  const own = processTable().find((each) => each.pid === process.pid);
  expect(own).toMatchObject({ parent: process.ppid, zombie: false });
});
