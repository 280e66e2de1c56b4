import { Outbox } from '../../lib/engine/outbox';
import type { ClaimedJob, Settlement } from '../../lib/model/job-record';
import { Roster } from '../../lib/model/roster';
import { until } from '../helpers/wait';

/** An outbox, and which reports went apart together. Those of locked jobs meet a lock. */
function scene() {
  const calls: string[] = [];
  const locked = new Set<string>();
  let code = '55P03';
  const store = {
    settleJobs: async (_: number, settlements: readonly Settlement[]) => {
      const ids = settlements.map(({ id }) => id);
      calls.push(ids.join());
      if (ids.some((id) => locked.has(id))) throw Object.assign(new Error(), { code });
      return [];
    },
  };
  const host = { dues: 0, resyncs: 0, errors: [] as Error[] };
  const outbox = new Outbox(store, 1, new Roster(), {
    onDue: () => host.dues++,
    onOutOfSync: () => host.resyncs++,
    onError: (error) => host.errors.push(error),
  });
  const settled: string[] = [];
  const settle = (id: string, parent?: string) => {
    const settlement: Settlement = { id, token: 't', outcome: 'completed' };
    if (parent) Object.assign(settlement, { parent_queue_id: 1, parent_id: parent });
    const job = { id, token: 't', attemptsMade: 0 } as ClaimedJob;
    void outbox.settle(job, settlement).then(() => settled.push(id));
  };
  const fail = (sqlState: string) => {
    code = sqlState;
  };
  return { outbox, calls, locked, settled, settle, host, fail };
}

test('what is held up goes apart: that of no parent first, siblings together, and only what meets a lock waits for it', async () => {
  const { outbox, calls, locked, settled, settle, host } = scene();
  for (const [id, parent] of [['a1', 'A'], ['b1', 'B'], ['u1'], ['a2', 'A'], ['u2']] as const) {
    settle(id, parent);
  }
  locked.add('a1').add('u2');
  outbox.holdUp(outbox.take());
  expect(outbox.heldUpCount).toBe(5);
  await until(() => settled.length === 2);
  expect(calls.slice(0, 3)).toEqual(['u1,u2', 'a1,a2', 'b1']);
  expect(calls).toContain('u1');
  expect(settled.sort()).toEqual(['b1', 'u1']);
  locked.clear();
  await until(() => settled.length === 5);
  expect(outbox.heldUpCount).toBe(0);
  expect(host.errors).toEqual([]);
});

test('one that is alone waits for its turn, and no longer when its worker is closed by force', async () => {
  const { outbox, calls, locked, settled, settle } = scene();
  settle('a');
  locked.add('a');
  outbox.holdUp(outbox.take());
  await until(() => calls.length === 2);
  expect(calls).toEqual(['a', 'a']);
  outbox.stop(true);
  await until(() => outbox.heldUpCount === 0);
  locked.clear();
  expect([calls.length, settled]).toEqual([2, []]);
});

test('one whose answer is lost is sent again with the next exchange, by a worker that is in sync', async () => {
  const { outbox, locked, settled, settle, host, fail } = scene();
  settle('a', 'A');
  locked.add('a');
  fail('08006');
  outbox.holdUp(outbox.take());
  await until(() => outbox.heldUpCount === 0);
  expect([host.resyncs, host.errors.length, outbox.isEmpty]).toEqual([1, 1, false]);
  const [report] = outbox.take();
  // It had arrived: refused as one that was reported before, it counts as accepted.
  const refused = [{ id: 'a', token: 't', outcome: 'already_settled' as const }];
  outbox.answered([report!], refused, 1, undefined);
  await until(() => settled.length === 1);
});
