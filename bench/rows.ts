import { workloads } from './workloads';
import type { Metric } from './workloads/workload';

/** A line of the tables: one metric of one variant. */
export interface Row {
  workload: string;
  variant: string;
  metricName: string;
  metric: Metric;
  title: string;
}

export function rowsOf(only: readonly string[]): Row[] {
  return only.flatMap((workload) => {
    const { variants, metrics } = workloads[workload]!;
    return Object.keys(variants).flatMap((variant) =>
      Object.entries(metrics).map(([metricName, metric]) => ({
        workload,
        variant,
        metricName,
        metric,
        title: rowTitle(workload, variant, metricName),
      })),
    );
  });
}

export function rowTitle(workload: string, variant: string, metric: string): string {
  return [workloads[workload]!.title, variant, metric === 'rate' ? '' : metric]
    .filter(Boolean)
    .join(', ');
}
