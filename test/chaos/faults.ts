import { setTimeout as sleep } from 'node:timers/promises';
import type { DevelopmentDatabase } from '../../dev/database';
import type { DatabaseProxy } from '../helpers/cutting-proxy';
import { withClient } from '../helpers/test-server';
import type { Fleet } from './fleet';
import type { Random } from './random';

export const FAULTS = ['kill', 'freeze', 'terminate', 'crash', 'cut', 'steal'] as const;
export type Fault = (typeof FAULTS)[number];

export const DESCRIPTIONS: Record<Fault, string> = {
  kill: 'SIGKILL of a worker process',
  freeze: 'SIGSTOP for twice the lock duration',
  terminate: 'pg_terminate_backend of sessions',
  crash: 'immediate restart of the database',
  cut: 'connection cut around a COMMIT',
  steal: 'jobs taken over from living workers',
};

/** How likely each is, beside the others. */
const WEIGHTS: Record<Fault, number> = {
  kill: 1,
  freeze: 1,
  terminate: 3,
  crash: 1,
  cut: 10,
  steal: 4,
};

/** How often the sessions of a worker, or all of us, may be hit at once. */
const MOST_SESSIONS = 4;
const MOST_STOLEN = 10;

export interface Scene {
  server: DevelopmentDatabase;
  /** Of the database, straight. */
  url: string;
  proxy: DatabaseProxy;
  fleet: Fleet;
  random: Random;
  lockDurationMs: number;
}

/** Does one thing after the other to workers, sessions and server, until it is stopped. */
export class FaultInjector {
  readonly counts = new Map<Fault, number>();
  private readonly aborter = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();
  private going: Promise<void> | undefined;

  constructor(
    private readonly scene: Scene,
    private readonly faults: readonly Fault[],
    /** Milliseconds between two faults, on average. */
    private readonly periodMs: number,
  ) {}

  start(): void {
    this.going = this.go();
  }

  /** Resolves when the last fault is over; a process that was stopped may still be so. */
  async stop(): Promise<void> {
    this.aborter.abort();
    await this.going;
    await Promise.all(this.underWay);
  }

  private async go(): Promise<void> {
    const { random } = this.scene;
    const drawn = this.faults.flatMap((fault) => Array<Fault>(WEIGHTS[fault]).fill(fault));
    const { signal } = this.aborter;
    while (!signal.aborted && drawn.length > 0) {
      await sleep(random.next() * 2 * this.periodMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const fault = random.pick(drawn)!;
      const done = await this.inject(fault).catch((error: unknown) => {
        if (fault === 'crash') throw error;
        return 0;
      });
      if (done) this.counts.set(fault, (this.counts.get(fault) ?? 0) + Number(done));
    }
  }

  /** How many were hit. */
  private async inject(fault: Fault): Promise<number | boolean> {
    const { fleet, random, lockDurationMs, server, proxy } = this.scene;
    switch (fault) {
      case 'kill':
        return fleet.kill();
      case 'freeze':
        return fleet.stop(2 * lockDurationMs);
      case 'terminate':
        return this.terminate(1 + random.below(MOST_SESSIONS));
      case 'crash':
        await server.crash!();
        return true;
      case 'cut':
        this.cut(proxy);
        return false;
      case 'steal':
        return this.steal(1 + random.below(MOST_STOLEN));
    }
  }

  /** Three in four times the server has committed, and its answer is lost. */
  private cut(proxy: DatabaseProxy): void {
    const when = this.scene.random.below(4) > 0 ? 'after' : 'before';
    void proxy.cut('commit\0', when).then(() => {
      this.counts.set('cut', (this.counts.get('cut') ?? 0) + 1);
    });
  }

  private terminate(limit: number): Promise<number> {
    return withClient(this.scene.url, async (client) => {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from (
           select pid from pg_stat_activity
           where datname = current_database() and application_name like 'tuskmq%'
           order by random() limit $1) session`,
        [limit],
      );
      return rowCount ?? 0;
    });
  }

  /**
   * What a take-over does, to workers that live and whose sessions go on: only the fence is then
   * between them and their heirs.
   */
  private steal(limit: number): Promise<number> {
    return withClient(this.scene.url, async (client) => {
      await client.query('begin; set local search_path to tuskmq');
      const { rows } = await client.query<{ count: number }>(
        `with stolen as materialized (
           select queue_id, id from job_state where status = 'active' order by random() limit $1 for update skip locked)
         select count(*)::int as count from (
           select _recover_jobs(queue_id, array_agg(id), 1000000) from stolen group by queue_id) taken, stolen`,
        [limit],
      );
      await client.query('commit');
      return rows[0]?.count ?? 0;
    });
  }
}
