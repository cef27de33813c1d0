// Misbehaves as the item says, so that one job shows every row of the table of outcomes.
import { writeSync } from 'node:fs';

/** The host's own channel. A model can reach it, but should not. */
const ANSWERS = 4;
let broken = false;
const hoard = [];

async function one(item) {
  if (broken) return new Error('broken for ever');
  switch (item) {
    case 'error':
      return new Error('this item cannot be done');
    case 'throw':
      throw new Error('thrown');
    case 'exit':
      return process.exit(7);
    case 'hang':
      for (;;); // 100 % CPU, no answer
    case 'wait':
      return new Promise(() => setInterval(() => {}, 1_000));
    case 'garbage':
      writeSync(ANSWERS, 'this is not the protocol\n');
      return 'never read';
    case 'flood':
      for (let mebibytes = 0; mebibytes < 100; mebibytes++) writeSync(ANSWERS, 'x'.repeat(1 << 20));
      return 'never read';
    case 'print':
      writeSync(1, '{"index":0,"output":"not an answer"}\n');
      return 'only printed';
    case 'leak':
      for (;;) {
        hoard.push(Buffer.alloc(32 << 20, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    case 'poison':
      broken = true;
      return new Error('broken by this one');
    default:
      return `did ${item}`;
  }
}

export async function predict(items) {
  const outputs = [];
  for (const item of items) outputs.push(await one(item));
  return outputs;
}
