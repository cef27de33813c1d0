// Doubles numbers. Anything else is an error of that item.
export async function predict(items) {
  return items.map((item) =>
    typeof item === 'number' ? item * 2 : new Error(`not a number: ${JSON.stringify(item)}`),
  );
}
