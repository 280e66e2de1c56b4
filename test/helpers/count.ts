/**
 * How much to do, as given on the command line.
 * @throws Error for what is no whole number from 1 up
 */
export function toCount(given: string | undefined, usual: number): number {
  const count = given === undefined ? usual : Number(given);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`"${given}" is not how many: a whole number from 1 up (default ${usual})`);
}
