import { WalFlusher } from '../../lib/engine/wal-flusher';
import { deferred, until } from '../helpers/wait';

/** A flusher whose flushes end when the test says so. */
function scene() {
  const flushes: ReturnType<typeof deferred<void>>[] = [];
  const flusher = new WalFlusher(() => {
    const flush = deferred<void>();
    flushes.push(flush);
    return flush.promise;
  });
  return { flusher, flushes };
}

/** Lets everything happen that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('WalFlusher', () => {
  test('has one flush confirm all that have the patience to wait for each other', async () => {
    const { flusher, flushes } = scene();
    const all = Promise.all([flusher.flushed(5), flusher.flushed(5), flusher.flushed()]);
    await turn();
    expect(flushes.length).toBe(1);
    flushes[0]!.resolve();
    await all;
  });

  test('begins by itself when patience is at its end', async () => {
    const { flusher, flushes } = scene();
    const one = flusher.flushed(1);
    expect(flushes.length).toBe(0);
    await until(() => flushes.length === 1);
    flushes[0]!.resolve();
    await one;
  });

  test('does not let a flush confirm what came after it began', async () => {
    const { flusher, flushes } = scene();
    const first = flusher.flushed();
    await turn();
    let isConfirmed = false;
    const second = flusher.flushed().then(() => {
      isConfirmed = true;
    });
    flushes[0]!.resolve();
    await first;
    await turn();
    expect(isConfirmed).toBe(false);
    expect(flushes.length).toBe(2);
    flushes[1]!.resolve();
    await second;
  });

  test('fails for those who asked when the flush fails, and goes on for others', async () => {
    const { flusher, flushes } = scene();
    const first = flusher.flushed();
    await turn();
    const second = flusher.flushed();
    flushes[0]!.reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    flushes[1]!.resolve();
    await second;
  });
});
