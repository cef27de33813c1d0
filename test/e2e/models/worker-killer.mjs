// Doubles its items, and ends its whole worker at the item 3: the host of a module is a child of its worker.
export function predict(items) {
  return items.map((item) => {
    if (item === 3) process.kill(process.ppid, 'SIGKILL');
    return item * 2;
  });
}
