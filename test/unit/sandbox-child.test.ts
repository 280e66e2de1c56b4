import { Child } from '../../lib/engine/sandbox/child';
import type { ChildLink, Exit } from '../../lib/engine/sandbox/child-link';
import { deferred } from '../helpers/wait';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A child that does nothing by itself. */
function stubbornChild() {
  const exit = deferred<Exit>();
  const asked: string[] = [];
  const link: ChildLink = {
    send: () => {},
    stop: () => asked.push('stop'),
    kill: () => {
      asked.push('kill');
      exit.resolve({ code: null, signal: 'SIGKILL' });
    },
    exited: exit.promise,
  };
  const child = new Child(
    () => link,
    () => {},
  );
  return { child, asked, exit };
}

describe('closing a child', () => {
  test('ends one that does not leave within 30 seconds', async () => {
    const { child, asked } = stubbornChild();
    const closed = child.close();
    await jest.advanceTimersByTimeAsync(29_999);
    expect(asked).toEqual(['stop']);
    await jest.advanceTimersByTimeAsync(1);
    await closed;
    expect(asked).toEqual(['stop', 'kill']);
  });

  test('leaves no timer behind when it leaves in time', async () => {
    const { child, asked, exit } = stubbornChild();
    const closed = child.close();
    exit.resolve({ code: 0, signal: null });
    await closed;
    expect(asked).toEqual(['stop']);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('a child that has exited refuses to run a job', async () => {
  const { child, exit } = stubbornChild();
  exit.resolve({ code: 1, signal: null });
  await child.exited;
  const job = { asJSONSandbox: () => ({}) };
  const running = child.run(job as never, 'token', new AbortController().signal);
  await expect(running).rejects.toThrow('Unexpected exit code: 1 signal: null');
});
