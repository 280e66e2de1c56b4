import type { PeerName } from './peers';
import { median } from './statistics';
import { workloads } from './workloads';
import type { Measures, Metric } from './workloads/workload';

/** One run of one peer, as measured. */
export interface Run {
  workload: string;
  variant: string;
  peer: PeerName;
  repeat: number;
  measures?: Measures;
  error?: string;
}

const OURS: PeerName = 'tuskmq';
const REFERENCE: PeerName = 'bullmq-postgres';

/** Medians with their spread, how many times better we are than each peer, and whether that is what we want. */
export function report(
  runs: readonly Run[],
  plan: { only: string[]; peerNames: PeerName[] },
): string {
  const others = plan.peerNames.filter((peer) => peer !== OURS);
  const rows: string[][] = [
    [
      'workload',
      'unit',
      ...plan.peerNames,
      ...others.map((peer) => `times ${peer}`),
      'target',
      'met',
    ],
  ];
  for (const name of plan.only) {
    const workload = workloads[name]!;
    const variants = Object.keys(workload.variants);
    for (const variant of variants) {
      for (const [metricName, metric] of Object.entries({
        ...workload.metrics,
        ...workload.variants[variant]!.metrics,
      })) {
        const valuesOf = (peer: PeerName, ofVariant = variant) =>
          runs.flatMap((run) =>
            run.workload === name && run.variant === ofVariant && run.peer === peer
              ? [run.measures?.[metricName] ?? Number.NaN]
              : [],
          );
        const ours = valuesOf(OURS);
        const hasManyMetrics = Object.keys(workload.metrics).length > 1;
        rows.push([
          [workload.title, variant, hasManyMetrics ? metricName : ''].filter(Boolean).join(', '),
          metric.unit,
          ...plan.peerNames.map((peer) => spread(valuesOf(peer))),
          ...others.map((peer) => spread(timesBetter(metric, ours, valuesOf(peer)), '×')),
          ...judge(metric, ours, valuesOf(REFERENCE), valuesOf(OURS, variants[0])),
        ]);
      }
    }
  }
  return aligned(rows);
}

/** By repeat: runs of one repeat are neighbours in time, and share the machine's mood. */
function timesBetter(metric: Metric, ours: number[], theirs: number[]): number[] {
  return ours.flatMap((value, i) => {
    const other = theirs[i];
    if (other === undefined) return [];
    return [metric.better === 'more' ? value / other : other / value];
  });
}

/** The target in words, and whether the medians meet it. */
function judge(
  metric: Metric,
  ours: number[],
  reference: number[],
  firstVariant: number[],
): [string, string] {
  const { target } = metric;
  if (!target || ours.length === 0) return ['', ''];
  if ('atMost' in target) {
    return [`≤ ${target.atMost}`, median(ours) <= target.atMost ? 'yes' : 'NO'];
  }
  if ('timesFirstVariant' in target) {
    const times = median(timesBetter(metric, ours, firstVariant));
    return [
      `≥ ${target.timesFirstVariant}× the shallow one`,
      `${times >= target.timesFirstVariant ? 'yes' : 'NO'}, ${times.toFixed(2)}×`,
    ];
  }
  const words = `≥ ${target.timesBullmqPostgres}× ${REFERENCE}`;
  if (reference.length === 0) return [words, ''];
  const times = median(timesBetter(metric, ours, reference));
  return [words, times >= target.timesBullmqPostgres ? 'yes' : 'NO'];
}

function spread(values: number[], suffix = ''): string {
  if (values.length === 0) return '';
  const middle = `${format(median(values))}${suffix}`;
  return values.length === 1
    ? middle
    : `${middle} (${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

function format(value: number): string {
  if (!Number.isFinite(value)) return 'failed';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : value >= 0.1 ? 2 : 3);
}

function aligned(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}
