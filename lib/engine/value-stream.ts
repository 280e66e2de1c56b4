/** What a generator function returns, asynchronous or not. */
type Iteration<Last = unknown> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a generator that returns nothing
  AsyncIterator<unknown, Last | void, undefined> | Iterator<unknown, Last | void, undefined>;

/** What a processor may return instead of its result: values that become progress, the last the result. */
export type ValueStream<Last = unknown> = Iteration<Last> | Subscribable;

/** As much of an Observable as is needed of one. */
interface Subscribable {
  subscribe(observer: {
    next(value: unknown): void;
    error(error: unknown): void;
    complete(): void;
  }): { unsubscribe(): void } | undefined;
}

/** Whether a processor's result is yet to come, value by value: from a generator or an Observable. */
export function isStream(result: unknown): result is ValueStream {
  return isIteration(result) || isSubscribable(result);
}

/**
 * Saves the values one after the other; resolves to the last one, or to what a generator returns.
 * @param cancellation when it is aborted, the generator is asked to return, or the Observable is
 * unsubscribed from, and this rejects
 */
export function lastOf(
  stream: ValueStream,
  save: (value: unknown) => Promise<void>,
  cancellation: AbortSignal | undefined,
): Promise<unknown> {
  return isIteration(stream)
    ? lastOfIteration(stream, save, cancellation)
    : lastOfObservable(stream, save, cancellation);
}

/**
 * What a generator function returns, also one that was compiled for an older language. Other iterators, which cannot be thrown into, and
 * what is iterable, may well be a result.
 */
function isIteration(result: unknown): result is Iteration {
  if (typeof result !== 'object' || result === null) return false;
  const candidate = result as Record<PropertyKey, unknown>;
  return (
    ['next', 'return', 'throw'].every((method) => typeof candidate[method] === 'function') &&
    typeof (candidate[Symbol.asyncIterator] ?? candidate[Symbol.iterator]) === 'function'
  );
}

/** An Observable says that it is one (TC39 proposal, RxJS). Something else with a method `subscribe` may well be a result. */
function isSubscribable(result: unknown): result is Subscribable {
  if (typeof result !== 'object' || result === null) return false;
  const candidate = result as Partial<Subscribable> & Record<PropertyKey, unknown>;
  const { observable } = Symbol as { observable?: symbol };
  return (
    typeof candidate.subscribe === 'function' &&
    typeof (candidate[observable ?? '@@observable'] ?? candidate['@@observable']) === 'function'
  );
}

async function lastOfIteration(
  iteration: Iteration,
  save: (value: unknown) => Promise<void>,
  cancellation: AbortSignal | undefined,
): Promise<unknown> {
  let last: unknown;
  let returning: unknown;
  // A generator comes to its `finally` when what it awaits is over.
  const stop = () => {
    returning = Promise.resolve(iteration.return?.()).catch(() => {});
  };
  if (cancellation?.aborted) stop();
  cancellation?.addEventListener('abort', stop, { once: true });
  try {
    while (true) {
      const { done, value } = await iteration.next();
      if (cancellation?.aborted) throw cancellationError(cancellation);
      if (done) return value === undefined ? last : value;
      last = value;
      await save(value);
    }
  } catch (error) {
    if (!cancellation?.aborted) await iteration.return?.();
    throw error;
  } finally {
    cancellation?.removeEventListener('abort', stop);
    await returning;
  }
}

function lastOfObservable(
  observable: Subscribable,
  save: (value: unknown) => Promise<void>,
  cancellation: AbortSignal | undefined,
): Promise<unknown> {
  let last: unknown;
  let saved = Promise.resolve();
  let subscription: { unsubscribe(): void } | undefined;
  let stop: (() => void) | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stop = () => reject(cancellationError(cancellation!));
    if (cancellation?.aborted) return stop();
    cancellation?.addEventListener('abort', stop, { once: true });
    subscription = observable.subscribe({
      next(value) {
        last = value;
        saved = saved.then(() => save(value));
        saved.catch(reject);
      },
      error: reject,
      complete: resolve,
    });
  });
  return ended
    .then(() => saved)
    .then(() => last)
    .finally(async () => {
      cancellation?.removeEventListener('abort', stop!);
      subscription?.unsubscribe();
      await saved.catch(() => {});
    });
}

function cancellationError({ reason }: AbortSignal): Error {
  if (reason instanceof Error && reason.name !== 'AbortError') return reason;
  return new Error(
    typeof reason === 'string' ? `Job was cancelled: ${reason}` : 'Job was cancelled',
  );
}
