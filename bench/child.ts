import { type PeerName, peers } from './peers';
import { type Place, QUEUE } from './peers/peer';
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
  const { server, create } = peers[order.peer];
  const peer = create(order.place);
  const workload = workloads[order.workload]!;
  await peer.open(workload.queues?.(order.params) ?? [QUEUE]);
  const measures = await workload.run({ ...order, peer, peerName: order.peer, server });
  await peer.cleanUp?.();
  return { measures };
}
