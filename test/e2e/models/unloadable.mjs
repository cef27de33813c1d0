export function load() {
  throw new Error('the weights are not there');
}
export const predict = async (items) => items;
