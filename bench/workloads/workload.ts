import type { PeerName } from '../peers';
import type { Peer, Place } from '../peers/peer';

/** What a run measured, by metric. */
export type Measures = Record<string, number>;

export interface Metric {
  unit: string;
  better: 'more' | 'less';
  /** Least times that tuskmq is to be better than BullMQ on PostgreSQL, or in the case of a value of its own, its bound. */
  target?: { timesBullmqPostgres: number } | { atMost: number } | { timesFirstVariant: number };
}

export interface Workload<Params = any> {
  title: string;
  metrics: Record<string, Metric>;
  /** Runs of the same workload that are compared with one another, by label. */
  variants: Record<string, { full: Params; quick: Params; metrics?: Record<string, Metric> }>;
  /** Default: every peer. */
  peers?: PeerName[];
  /** All repeats of a variant and peer use one database, which the first one fills. Default: each gets a new one. */
  keepsDatabase?: boolean;
  run(context: Context<Params>): Promise<Measures>;
}

/** What a run has to work with. */
export interface Context<Params> {
  peer: Peer;
  params: Params;
  place: Place;
  /** A database of the same server in which nothing is measured. */
  monitorUrl: string;
  /** From 1. */
  repeat: number;
}
