import type { PeerName } from './peers';
import type { Run } from './runner';
import type { Metric } from './workloads/workload';

/** One value a repeat; NaN for a run that failed. */
export function valuesOf(
  runs: readonly Run[],
  { workload, variant, metric, peer }: Cell,
): number[] {
  return runs.flatMap((run) =>
    run.workload === workload && run.variant === variant && run.peer === peer
      ? [run.measures?.[metric] ?? Number.NaN]
      : [],
  );
}

export interface Cell {
  workload: string;
  variant: string;
  metric: string;
  peer: PeerName;
}

/**
 * How many times better one is than the other: above 1 it is faster, or cheaper. None for what is less than nothing, as bytes
 * beyond a payload that compresses.
 * By repeat: runs of one repeat are neighbours in time, and share the machine's mood.
 */
export function timesBetter(metric: Metric, ours: number[], theirs: number[]): number[] {
  return ours.flatMap((value, i) => {
    const other = theirs[i];
    if (other === undefined || value <= 0 || other <= 0) return [];
    return [metric.better === 'more' ? value / other : other / value];
  });
}
