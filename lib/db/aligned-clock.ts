import type { ClientBase } from 'pg';
import { movedClock } from '../model/clock';

/** What a session takes for the time, where it is not the time. */
const aligned = new WeakMap<ClientBase, number>();

/**
 * Lets the session take the time from this process when a test has moved its clock, and from the
 * server again when it has not: for the next statement, and until it is called again. Without fakes
 * it does nothing.
 */
export async function alignClock(client: ClientBase): Promise<void> {
  const at = movedClock();
  if (aligned.get(client) === at) return;
  const text = at === undefined ? '' : new Date(at).toISOString();
  await client.query("select set_config('tuskmq.now', $1, false)", [text]);
  if (at === undefined) aligned.delete(client);
  else aligned.set(client, at);
}
