import { type PeerName, peers } from './peers';
import type { Place } from './peers/peer';
import { workloads } from './workloads';

/** One run, as the parent process orders it. */
export interface Order {
  workload: string;
  peer: PeerName;
  params: unknown;
  place: Place;
  monitorUrl: string;
  repeat: number;
}

export type Answer = { measures: Record<string, number> } | { error: string };

process.once('message', async (order: Order) => {
  process.send!(await carryOut(order).catch((error) => ({ error: String(error?.stack ?? error) })));
  process.disconnect();
  process.exit();
});

// The one who wanted the answer is gone.
process.once('disconnect', () => process.exit());

async function carryOut(order: Order): Promise<Answer> {
  const peer = peers[order.peer].create(order.place);
  await peer.open();
  const measures = await workloads[order.workload]!.run({ ...order, peer });
  await peer.cleanUp?.();
  return { measures };
}
