import { expect, test } from 'vitest';
import { poolsInOrder, preferredPools, type PricedPool } from '../../../local/market/allocation.js';

const pool = (zone: string, dollarsPerHour: number, depth: number): PricedPool => ({
  instanceType: 'c7g.large',
  zone,
  dollarsPerHour,
  depth,
});

const pools = [
  pool('a', 4, 0.9),
  pool('b', 1, 0.1),
  pool('c', 3, 0.8),
  pool('d', 2, 0.7),
  pool('e', 5, 0.6),
  pool('f', 6, 0.5),
];
const zones = (found: readonly PricedPool[]): string => found.map((each) => each.zone).join('');

test('lowest-price takes the cheapest pool alone', () => {
  expect(zones(preferredPools('lowest-price', pools))).toBe('b');
});

test('price-capacity-optimized takes the cheapest of the deep pools and avoids the cheap shallow one', () => {
  expect(zones(preferredPools('price-capacity-optimized', pools))).toBe('dca');
});

test('capacity-optimized takes the deepest pools', () => {
  expect(zones(preferredPools('capacity-optimized', pools))).toBe('acd');
});

test('diversified takes every pool', () => {
  expect(zones(preferredPools('diversified', pools))).toBe('bdcaef');
});

test('a single pool is good enough for every strategy', () => {
  for (const strategy of ['lowest-price', 'price-capacity-optimized', 'capacity-optimized', 'diversified'] as const) {
    expect(zones(preferredPools(strategy, pools.slice(0, 1)))).toBe('a');
  }
});

test('the preferred pools come in turn, and the others after them as a fallback', () => {
  expect(zones(poolsInOrder('price-capacity-optimized', pools, 0))).toBe('dcabef');
  expect(zones(poolsInOrder('price-capacity-optimized', pools, 4))).toBe('cadbef');
  expect(zones(poolsInOrder('capacity-optimized', pools, 0))).toBe('acdefb');
  expect(zones(poolsInOrder('lowest-price', pools, 7))).toBe('bdcaef');
});
