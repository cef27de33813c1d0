// Does what its item says, so that one job shows every row of the table of outcomes.
import { writeSync } from 'node:fs';

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
      writeSync(1, 'this is not the protocol\n');
      return 'never read';
    case 'print':
      for (let mebibytes = 0; mebibytes < 100; mebibytes++) writeSync(1, 'x'.repeat(1 << 20));
      return 'never read';
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
