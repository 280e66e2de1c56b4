import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import { timesBetter, valuesOf } from './comparison';
import { OURS, type PeerName, peers } from './peers';
import { rowsOf } from './rows';
import type { Run } from './runner';
import { median } from './statistics';

interface Bar {
  workload: string;
  peer: string;
  times: number;
  label: string;
}

/** What the picture says of where the numbers come from. */
export interface Origin {
  at: string;
  machine: string;
  servers: readonly string[];
}

/** In the order of the bars; ours in another shape is not a peer. */
const COLORS: Partial<Record<PeerName, string>> = {
  'bullmq-redis': '#d1495b',
  'bullmq-redis-everysec': '#edae49',
  'bullmq-postgres': '#8d5a97',
  'graphile-worker': '#66a182',
  'graphile-worker-local': '#2e6f57',
  'pg-boss': '#00798c',
};

/** Workloads whose rates are comparable between peers; those that compare us with ourselves are not drawn. */
const DRAWN = ['add', 'process', 'fan-in', 'steps', 'many-queues'];

/**
 * How many times as fast we are as each peer, as an SVG picture.
 * @returns undefined when there is nothing to compare
 */
export async function drawChart(
  runs: readonly Run[],
  plan: { only: readonly string[]; repeats: number; isQuick: boolean },
  origin: Origin,
): Promise<string | undefined> {
  const bars = barsOf(runs, plan.only);
  if (bars.length === 0) return undefined;
  const { compile } = await import('vega-lite');
  const vega = await import('vega');
  setTextWidth(vega);
  const view = new vega.View(vega.parse(compile(specOf(bars, plan, origin)).spec), {
    renderer: 'none',
  });
  return `${await view.toSVG()}\n`;
}

/** Without a canvas it takes each letter for 0.8 of the font's size, and leaves room for that. */
function setTextWidth(vega: object): void {
  // Exported, but not declared.
  const { textMetrics } = vega as { textMetrics: { width: unknown } };
  textMetrics.width = ({ fontSize }: { fontSize: number }, text: string) =>
    0.56 * fontSize * text.length;
}

function barsOf(runs: readonly Run[], only: readonly string[]): Bar[] {
  const rows = rowsOf(only.filter((name) => DRAWN.includes(name))).filter(
    ({ metric }) => metric.unit === 'jobs/s',
  );
  return rows.flatMap((row) =>
    (Object.keys(COLORS) as PeerName[]).flatMap((peer) => {
      const cell = { ...row, metric: row.metricName };
      const times = median(
        timesBetter(
          row.metric,
          valuesOf(runs, { ...cell, peer: OURS }),
          valuesOf(runs, { ...cell, peer }),
        ),
      );
      if (!Number.isFinite(times)) return [];
      const label = times.toFixed(times >= 10 ? 0 : times >= 1 ? 1 : times >= 0.1 ? 2 : 3);
      return [{ workload: row.title, peer: peers[peer].title, times, label: `${label}×` }];
    }),
  );
}

function specOf(
  bars: Bar[],
  plan: { repeats: number; isQuick: boolean },
  origin: Origin,
): TopLevelSpec {
  const drawn = (Object.keys(COLORS) as PeerName[]).filter((peer) =>
    bars.some((bar) => bar.peer === peers[peer].title),
  );
  const titles = drawn.map((peer) => peers[peer].title);
  const workloads = [...new Set(bars.map(({ workload }) => workload))];
  const count = plan.repeats === 1 ? 'one run' : `median of ${plan.repeats} runs`;
  const y = {
    field: 'workload',
    type: 'nominal' as const,
    sort: workloads,
    title: null,
    scale: { paddingInner: 0.2, paddingOuter: 0.1 },
    axis: { labelLimit: 260, labelFontSize: 12, labelPadding: 10, ticks: false, domain: false },
  };
  const yOffset = { field: 'peer', sort: titles, scale: { paddingInner: 0.12 } };
  return {
    background: '#ffffff',
    padding: 20,
    width: 560,
    height: { step: 12, for: 'offset' } as never,
    title: {
      text: 'How many times as fast as its peers TuskMQ is',
      subtitle: [
        `Jobs a second, ${count}${plan.isQuick ? ' of the quick kind' : ''}; right of the line TuskMQ is faster.`,
        `${origin.servers[0]}`,
        `${origin.machine}; ${origin.at.slice(0, 10)}`,
      ],
      anchor: 'start',
      frame: 'group',
      fontSize: 17,
      subtitleFontSize: 12,
      subtitleColor: '#666666',
      subtitlePadding: 6,
      offset: 16,
    },
    data: { values: bars },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 2 },
        encoding: {
          y,
          yOffset,
          x: {
            field: 'times',
            type: 'quantitative',
            scale: { type: 'log', nice: false, domain: domainOf(bars) },
            title: null,
            axis: {
              orient: 'bottom',
              values: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
              labelExpr: `datum.value + '×'`,
              grid: true,
              gridColor: '#eeeeee',
              domain: false,
              ticks: false,
            },
          },
          x2: { datum: 1 },
          color: {
            field: 'peer',
            type: 'nominal',
            scale: { domain: titles, range: drawn.map((peer) => COLORS[peer]!) },
            legend: {
              orient: 'top',
              direction: 'horizontal',
              columns: 3,
              title: null,
              labelLimit: 240,
              labelFontSize: 12,
              symbolType: 'square',
              offset: 12,
            },
          },
        },
      },
      ...[true, false].map((isFaster) => ({
        transform: [{ filter: isFaster ? 'datum.times >= 1' : 'datum.times < 1' }],
        mark: {
          type: 'text' as const,
          align: isFaster ? ('left' as const) : ('right' as const),
          baseline: 'middle' as const,
          dx: isFaster ? 4 : -4,
          fontSize: 10,
          color: '#333333',
        },
        encoding: {
          y,
          yOffset: { ...yOffset, bandPosition: 0.5 },
          x: { field: 'times', type: 'quantitative' as const },
          text: { field: 'label' },
        },
      })),
      {
        mark: { type: 'rule', color: '#333333', strokeWidth: 1.2 },
        encoding: { x: { datum: 1 } },
      },
    ],
    config: { font: 'Helvetica, Arial, sans-serif', view: { stroke: null } },
  };
}

/** Both sides of 1, with room for the labels: a twelfth of the whole on either side. */
function domainOf(bars: readonly Bar[]): [number, number] {
  const times = bars.map((bar) => bar.times);
  const least = Math.min(0.8, ...times);
  const most = Math.max(1.25, ...times);
  const room = (most / least) ** (1 / 12);
  return [least / room, most * room];
}
