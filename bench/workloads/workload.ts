import type { PeerName } from '../peers';
import type { Peer, Place, ServerName } from '../peers/peer';

/** What a run measured, by metric. */
export type Measures = Record<string, number>;

export interface Metric {
  unit: string;
  better: 'more' | 'less';
}

export interface Variant<Params> {
  full: Params;
  /** With --quick. */
  quick: Params;
}

export interface Workload<Params = any> {
  title: string;
  metrics: Record<string, Metric>;
  /** Runs of the same workload that are compared with one another, by label. */
  variants: Record<string, Variant<Params>>;
  /** Why a peer does not take part. */
  leftOut?: Partial<Record<PeerName, string>>;
  /** A long one is repeated no more often than this, whatever --repeats says. */
  mostRepeats?: number;
  /** The variants of a peer run one after another, for they are compared with each other. */
  comparesVariants?: boolean;
  /** All repeats of a variant and peer use one database, which the first one fills. Default: each gets a new one. */
  keepsDatabase?: boolean;
  /** Default: `QUEUE` alone. */
  queues?(params: Params): readonly string[];
  run(context: Context<Params>): Promise<Measures>;
}

/** What a run has to work with. */
export interface Context<Params> {
  peer: Peer;
  peerName: PeerName;
  params: Params;
  place: Place;
  server: ServerName;
  /** A database of the PostgreSQL server in which nothing is measured. */
  monitorUrl: string;
  /** From 1. */
  repeat: number;
}

export const jobsPerSecond: Metric = { unit: 'jobs/s', better: 'more' };

/** The same reason for several peers. */
export function leaveOut(
  names: readonly PeerName[],
  reason: string,
): Partial<Record<PeerName, string>> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

export const WITHOUT_FLOWS = leaveOut(
  ['graphile-worker', 'graphile-worker-local', 'pg-boss'],
  'no flow whose parent reads the results of its children',
);

export const ADDS_ALIKE: Partial<Record<PeerName, string>> = {
  'tuskmq-prefetch': 'as tuskmq: the option is of the worker',
};
