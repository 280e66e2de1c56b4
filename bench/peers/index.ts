import { bullmqPostgres } from './bullmq-postgres';
import { bullmqRedis } from './bullmq-redis';
import type { Peer, Place } from './peer';
import { tuskmq } from './tuskmq';

interface PeerKind {
  server: 'postgres' | 'redis';
  create(place: Place): Peer;
}

export const peers = {
  tuskmq: { server: 'postgres', create: tuskmq },
  'bullmq-postgres': { server: 'postgres', create: bullmqPostgres },
  'bullmq-redis': { server: 'redis', create: bullmqRedis },
} as const satisfies Record<string, PeerKind>;

export type PeerName = keyof typeof peers;

export const peerNames = Object.keys(peers) as PeerName[];
