/** Shows how far the orders are: in a terminal as a block that is drawn anew, elsewhere as a line a second. */

import type { ClientBase } from 'pg';
import colours from 'picocolors';
import { CUSTOMS, ORDERS, PARCELS, QUEUES } from './names';

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  waiting_children: number;
  completed: number;
  failed: number;
}

export type Snapshot = Record<string, QueueCounts>;

const states = ['waiting', 'active', 'delayed', 'waiting_children', 'completed', 'failed'] as const;

export async function readSnapshot(client: ClientBase): Promise<Snapshot> {
  const columns = states.map((state) => `${state}::integer`).join(', ');
  const { rows } = await client.query<QueueCounts & { queue: string }>(
    `select queue, ${columns} from ${QUEUES}.queues`,
  );
  return Object.fromEntries(rows.map(({ queue, ...counts }) => [queue, counts]));
}

/** Jobs that are neither completed nor failed. */
export function unfinished(snapshot: Snapshot): number {
  return total(snapshot, ['waiting', 'active', 'delayed', 'waiting_children']);
}

function total(snapshot: Snapshot, which: readonly (keyof QueueCounts)[]): number {
  const counts = Object.values(snapshot).flatMap((queue) => which.map((state) => queue[state]));
  return counts.reduce((sum, count) => sum + count, 0);
}

export class Progress {
  private readonly start = performance.now();
  private readonly isLive = process.stdout.isTTY === true;
  private shownAt = Number.NEGATIVE_INFINITY;
  private drawn = '';

  /** @param workers how many processes are at work */
  show(snapshot: Snapshot, orders: number, workers: number): void {
    const now = performance.now();
    if (!this.isLive && now - this.shownAt < 1_000) return;
    this.shownAt = now;
    const { completed = 0 } = snapshot[ORDERS] ?? {};
    const seconds = this.seconds();
    const jobs = total(snapshot, ['completed']);
    const rate = `${Math.round(jobs / seconds)} jobs/s · ${seconds.toFixed(1)} s · ${workers} workers`;
    if (!this.isLive) {
      console.log(`${completed}/${orders} orders · ${stateList(snapshot[ORDERS])} · ${rate}`);
      return;
    }
    const share = orders > 0 ? completed / orders : 0;
    const filled = Math.round(share * 40);
    const bar = colours.green('█'.repeat(filled)) + colours.dim('░'.repeat(40 - filled));
    const line = (queue: string) => `  ${queue.padEnd(8)} ${stateList(snapshot[queue])}`;
    this.redraw(
      [
        `  ${bar} ${completed} of ${orders} orders`,
        line(ORDERS),
        line(PARCELS),
        line(CUSTOMS),
        colours.dim(`  ${rate}`),
      ].join('\n'),
    );
  }

  /** Prints a line that stays. */
  say(text: string): void {
    const block = this.drawn;
    this.erase();
    console.log(text);
    if (block) this.redraw(block);
  }

  seconds(): number {
    return (performance.now() - this.start) / 1_000;
  }

  /** Leaves what is drawn where it is. */
  end(): void {
    this.drawn = '';
  }

  private redraw(block: string): void {
    this.erase();
    process.stdout.write(`${block}\n`);
    this.drawn = block;
  }

  private erase(): void {
    if (this.drawn) process.stdout.write(`\x1b[${this.drawn.split('\n').length}A\x1b[0J`);
    this.drawn = '';
  }
}

function stateList(counts: QueueCounts | undefined): string {
  return states
    .filter((state) => state === 'completed' || counts?.[state])
    .map((state) => `${counts?.[state] ?? 0} ${state.replace('_', ' for ')}`)
    .join(', ');
}
