/** Waiting for longer, in milliseconds, is most likely waiting for oneself. */
const LONG_MS = 5_000;

/** Tells the process of a call that has waited for long for what another transaction holds; whether it did. */
export function warnOfWait(waitedMs: number, what: string, remedy: string): boolean {
  if (waitedMs < LONG_MS) return false;
  process.emitWarning(
    `${what}, for ${Math.round(waitedMs / 1000)} s by now, and goes on waiting. Does a transaction of this process wait for the call? ${remedy}: withTransaction(tx)`,
    { type: 'TuskMQWarning', code: 'TUSKMQ_LOCK_WAIT' },
  );
  return true;
}
