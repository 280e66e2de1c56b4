import { timesBetter, valuesOf } from './comparison';
import { spread } from './format';
import { OURS } from './peers';
import { rowTitle } from './rows';
import type { Run } from './runner';
import { median } from './statistics';
import { type Bound, type Target, targets } from './targets';
import { workloads } from './workloads';

export interface Verdict {
  target: string;
  measured: string;
  /** Undefined when what it compares was not run. */
  isMet: boolean | undefined;
}

/** Each target whose workload was run, in words. */
export function judgeAll(runs: readonly Run[], only: readonly string[]): Verdict[] {
  return targets
    .filter(({ workload }) => only.includes(workload))
    .map((target) => judge(runs, target));
}

function judge(runs: readonly Run[], target: Target): Verdict {
  const { workload, variant, metric, bound, of = OURS } = target;
  const { unit, better } = workloads[workload]!.metrics[metric]!;
  const cell = { workload, variant, metric, peer: of };
  const ours = valuesOf(runs, cell);
  const words = `${rowTitle(workload, variant, metric)}${of === OURS ? '' : ` (${of})`}`;
  const values =
    'times' in bound
      ? timesBetter({ unit, better }, ours, valuesOf(runs, { ...cell, ...otherOf(bound) }))
      : ours;
  const middle = median(values);
  return {
    target: `${words} ${boundInWords(bound, unit)}`,
    measured: values.length === 0 ? 'not run' : spread(values, 'times' in bound ? '×' : ''),
    isMet:
      values.length === 0
        ? undefined
        : 'atMost' in bound
          ? middle <= bound.atMost
          : middle >= leastOf(bound),
  };
}

type Comparison = Extract<Bound, { times: number }>;

function otherOf(bound: Comparison) {
  return 'peer' in bound ? { peer: bound.peer } : { variant: bound.variant };
}

function leastOf(bound: Exclude<Bound, { atMost: number }>): number {
  return 'times' in bound ? bound.times : bound.atLeast;
}

function boundInWords(bound: Bound, unit: string): string {
  if ('atMost' in bound) return `≤ ${bound.atMost.toLocaleString('en')} ${unit}`;
  if ('atLeast' in bound) return `≥ ${bound.atLeast} ${unit}`;
  return `≥ ${bound.times}× ${'peer' in bound ? bound.peer : bound.variant}`;
}
