import type { PeerName } from './peers';

/** What the medians are to reach. */
export interface Target {
  workload: string;
  variant: string;
  metric: string;
  /** Whose value it is. Default: tuskmq. */
  of?: PeerName;
  bound: Bound;
}

export type Bound =
  | { atMost: number }
  | { atLeast: number }
  /** Times as good as a peer. */
  | { times: number; peer: PeerName }
  /** Times as good as in another variant. */
  | { times: number; variant: string };

const processing = { workload: 'process', metric: 'rate' };
const adding = { workload: 'add', metric: 'rate' };

export const targets: readonly Target[] = [
  { ...adding, variant: '20 in flight', bound: { times: 1, peer: 'bullmq-redis' } },
  { ...adding, variant: 'bulk of 500', bound: { times: 2, peer: 'bullmq-redis' } },
  {
    ...processing,
    variant: 'c=1',
    of: 'tuskmq-prefetch',
    bound: { times: 1, peer: 'bullmq-redis' },
  },
  { ...processing, variant: 'c=10', bound: { times: 1.2, peer: 'bullmq-redis' } },
  { ...processing, variant: 'c=50', bound: { times: 1.7, peer: 'bullmq-redis' } },
  { ...processing, variant: 'c=50', bound: { times: 12, peer: 'bullmq-postgres' } },
  ...(['c=10', 'c=50'] as const).map((variant) => ({
    ...processing,
    variant,
    of: 'tuskmq-prefetch' as const,
    bound: { times: variant === 'c=10' ? 1.2 : 1.7, peer: 'bullmq-redis' as const },
  })),
  {
    ...processing,
    variant: 'c=50',
    of: 'tuskmq-prefetch',
    bound: { times: 12, peer: 'bullmq-postgres' },
  },
  { ...processing, variant: 'c=500', bound: { times: 1.2, peer: 'graphile-worker-local' } },
  { ...processing, variant: 'c=500', bound: { times: 1.2, peer: 'pg-boss' } },
  {
    workload: 'fan-in',
    variant: '',
    metric: 'process c=50',
    bound: { times: 1.7, peer: 'bullmq-redis' },
  },
  {
    workload: 'fan-in',
    variant: '',
    metric: 'process c=50',
    of: 'tuskmq-prefetch',
    bound: { times: 1.7, peer: 'bullmq-redis' },
  },
  { workload: 'pickup', variant: '', metric: 'p99', bound: { atMost: 10 } },
  { workload: 'fleet', variant: '', metric: 'p99', bound: { atMost: 10 } },
  { workload: 'idle-workers', variant: '', metric: 'queries', bound: { atMost: 5 } },
  { workload: 'idle-workers', variant: '', metric: 'sessions', bound: { atMost: 3 } },
  { workload: 'connections', variant: '', metric: 'most', bound: { atMost: 3 } },
  {
    workload: 'server-cost',
    variant: 'small',
    metric: 'WAL beyond twice the payload',
    bound: { atMost: 1_500 },
  },
  {
    workload: 'server-cost',
    variant: '1.5 kB',
    metric: 'WAL beyond twice the payload',
    bound: { atMost: 1_500 },
  },
  {
    workload: 'server-cost',
    variant: 'small',
    metric: 'commits, process c=50',
    bound: { atMost: 0.1 },
  },
  {
    workload: 'deep-queue',
    variant: 'beside 3,000,000 jobs',
    metric: 'rate',
    bound: { times: 0.5, variant: 'shallow queue' },
  },
  {
    workload: 'old-snapshot',
    variant: 'an old snapshot',
    metric: 'rate',
    bound: { times: 0.9, variant: 'no old snapshot' },
  },
  {
    workload: 'old-snapshot',
    variant: 'an old snapshot',
    metric: 'last tenth to first',
    bound: { atLeast: 90 },
  },
];
