import { bullmqPostgres } from './bullmq-postgres';
import { bullmqRedis } from './bullmq-redis';
import { graphileWorker, graphileWorkerLocalQueue } from './graphile-worker';
import type { Peer, Place, ServerName } from './peer';
import { pgBoss } from './pg-boss';
import { tuskmq, tuskmqPrefetch } from './tuskmq';

interface PeerKind {
  title: string;
  server: ServerName;
  create(place: Place): Peer;
}

export const peers = {
  tuskmq: { title: 'TuskMQ', server: 'postgres', create: tuskmq },
  'tuskmq-prefetch': { title: 'TuskMQ, prefetch auto', server: 'postgres', create: tuskmqPrefetch },
  'bullmq-redis': {
    title: 'BullMQ on Redis, no persistence',
    server: 'redis',
    create: bullmqRedis,
  },
  'bullmq-redis-everysec': {
    title: 'BullMQ on Redis, everysec',
    server: 'redis-everysec',
    create: bullmqRedis,
  },
  'bullmq-postgres': {
    title: 'BullMQ on PostgreSQL',
    server: 'postgres',
    create: bullmqPostgres,
  },
  'graphile-worker': { title: 'graphile-worker', server: 'postgres', create: graphileWorker },
  'graphile-worker-local': {
    title: 'graphile-worker, local queue',
    server: 'postgres',
    create: graphileWorkerLocalQueue,
  },
  'pg-boss': { title: 'pg-boss', server: 'postgres', create: pgBoss },
} as const satisfies Record<string, PeerKind>;

export type PeerName = keyof typeof peers;

export const peerNames = Object.keys(peers) as PeerName[];

/** Ours: what the others are compared with, or stand beside. */
export const OURS = 'tuskmq' satisfies PeerName;

export const onRedis = peerNames.filter((name) => peers[name].server !== 'postgres');
