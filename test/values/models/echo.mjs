// Returns each item unchanged, or the key and the value of an object.
import { readFileSync } from 'node:fs';

const valueOf = ({ key, path }) => [key, JSON.parse(readFileSync(path, 'utf8'))];

export const predict = (items) => (process.env.OBJECTS === undefined ? items : items.map(valueOf));
