import { timesBetter, valuesOf } from './comparison';
import { spread, table } from './format';
import { OURS, type PeerName } from './peers';
import { type Row, rowsOf } from './rows';
import type { Run } from './runner';
import { judgeAll } from './verdicts';
import { workloads } from './workloads';

/** What all runs of one call measured, as text: medians, ratios, who was left out and why, targets. */
export function report(
  runs: readonly Run[],
  plan: { only: readonly string[]; peerNames: readonly PeerName[] },
): string {
  const rows = rowsOf(plan.only);
  const others = plan.peerNames.filter((peer) => peer !== OURS);
  return [
    '## Medians (least–greatest)',
    mediansOf(runs, rows, plan.peerNames),
    ...(others.length > 0 && plan.peerNames.includes(OURS)
      ? [
          `## Times better ${OURS} is: above 1 it is faster, or cheaper`,
          ratiosOf(runs, rows, others),
        ]
      : []),
    ...leftOutOf(plan),
    ...verdictsOf(runs, plan.only),
  ].join('\n\n');
}

function mediansOf(
  runs: readonly Run[],
  rows: readonly Row[],
  peerNames: readonly PeerName[],
): string {
  return table(
    [
      ['workload', 'unit', ...peerNames],
      ...rows.map((row) => [
        row.title,
        row.metric.unit,
        ...peerNames.map((peer) => cell(row, peer, spreadOf(valuesIn(runs, row, peer)))),
      ]),
    ],
    2,
  );
}

function ratiosOf(runs: readonly Run[], rows: readonly Row[], others: readonly PeerName[]): string {
  return table(
    [
      ['workload', ...others],
      ...rows.map((row) => {
        const ours = valuesIn(runs, row, OURS);
        return [
          row.title,
          ...others.map((peer) => {
            const theirs = valuesIn(runs, row, peer);
            const times = timesBetter(row.metric, ours, theirs);
            const isNone = theirs.length > 0 && times.length === 0;
            return cell(row, peer, isNone ? '–' : spreadOf(times, '×'));
          }),
        ];
      }),
    ],
    1,
  );
}

function valuesIn(runs: readonly Run[], row: Row, peer: PeerName): number[] {
  return valuesOf(runs, { ...row, metric: row.metricName, peer });
}

function spreadOf(values: readonly number[], suffix = ''): string {
  return values.length === 0 ? '' : spread(values, suffix);
}

function cell(row: Row, peer: PeerName, text: string): string {
  return workloads[row.workload]!.leftOut?.[peer] ? '–' : text;
}

function leftOutOf(plan: { only: readonly string[]; peerNames: readonly PeerName[] }): string[] {
  const lines = plan.only.flatMap((name) => {
    const { title, leftOut = {} } = workloads[name]!;
    const byReason = new Map<string, PeerName[]>();
    for (const peer of plan.peerNames) {
      const reason = leftOut[peer];
      if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), peer]);
    }
    return [...byReason].map(([reason, names]) => `- ${title}: ${names.join(', ')} (${reason})`);
  });
  return lines.length === 0 ? [] : ['## Left out', lines.join('\n')];
}

function verdictsOf(runs: readonly Run[], only: readonly string[]): string[] {
  const verdicts = judgeAll(runs, only);
  if (verdicts.length === 0) return [];
  const words = { true: 'yes', false: 'NO', undefined: '' };
  return [
    '## Targets',
    table(
      [
        ['target', 'measured', 'met'],
        ...verdicts.map(({ target, measured, isMet }) => [target, measured, words[`${isMet}`]]),
      ],
      3,
    ),
  ];
}
