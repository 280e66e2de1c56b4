import { type PeerName, peers } from './peers';
import { type Place, QUEUE } from './peers/peer';

/** What a process of a fleet is to be: so many workers of the queue, idle, with one slot each. */
export interface Membership {
  peer: PeerName;
  place: Place;
  workers: number;
}

/** First that it is ready; then of each job when it began, in milliseconds since 1970. */
export type MemberMessage = 'ready' | { startedAt: number };

process.once('message', async ({ peer, place, workers }: Membership) => {
  await peers[peer].create(place).work({
    queues: Array.from({ length: workers }, () => QUEUE),
    concurrency: 1,
    isIdle: true,
    process: async () => tell({ startedAt: performance.timeOrigin + performance.now() }),
  });
  tell('ready');
});

// The one who counts is gone, or has what it wanted.
process.once('disconnect', () => process.exit());

function tell(message: MemberMessage): void {
  process.send!(message);
}
