import type { Executor, Row } from '../db/database';
import { empty } from '../model/empty';
import type { ClaimedJob } from '../model/job-record';
import { toInteger } from '../model/whole-number';
import type { Exchange, HeartbeatAnswer, RateLimit, RegisteredWorker } from './answers';
import { Json, placeholders } from './caller';
import { parentQueueIdOf, toClaimedJob } from './claimed-row';
import { type ExchangeRequest, toParameters } from './exchange-request';
import { StepStore } from './step-store';

export type * from './answers';
export type * from './exchange-request';

/**
 * The database, one method for each public function in sql/, by the same name. Nothing else in lib
 * knows SQL. Durations and times are milliseconds.
 */
export class Store extends StepStore {
  /** The same functions on another connection, such as the application's open transaction. */
  on(executor: Executor): Store {
    return new Store(executor, this.schema);
  }

  async settleAndClaim(request: ExchangeRequest): Promise<Exchange> {
    const rows = await this.rows('settle_and_claim', toParameters(request));
    const [exchange] = await this.readExchanges(rows, [request]);
    return exchange!;
  }

  /** Exchanges of many workers in one transaction; their answers in the order of the requests. All are on disk when it resolves. */
  async settleAndClaimAll(requests: readonly ExchangeRequest[]): Promise<Exchange[]> {
    const exchanges = new Json(JSON.stringify(requests.map(toParameters)));
    const rows = await this.rows('settle_and_claim_all', { exchanges });
    return this.readExchanges(rows, requests);
  }

  /**
   * @param rows of jobs, and after those of each exchange one with its head
   * @throws Error like that of a lost connection, for the exchanges have happened
   */
  private async readExchanges(
    rows: Row[],
    requests: readonly ExchangeRequest[],
  ): Promise<Exchange[]> {
    try {
      const queueKeys = await this.queueKeysOf(rows.map(parentQueueIdOf));
      const tokens = new Map(requests.map(({ workerId, token }) => [workerId, token]));
      const exchanges = new Map<string, Exchange>();
      const claimed: Row[] = [];
      for (const row of rows) {
        if (row['head'] == null) {
          claimed.push(row);
          continue;
        }
        const head = JSON.parse(row['head'] as string);
        const workerId = `${head.worker}`;
        const jobs = claimed
          .splice(0, head.claimed)
          .map((job) => toClaimedJob(job, tokens.get(workerId)!, queueKeys));
        exchanges.set(workerId, toExchange(jobs, head));
      }
      return requests.map(({ workerId }) => {
        const exchange = exchanges.get(workerId);
        if (!exchange) throw new Error(`worker ${workerId} is not in it`);
        return exchange;
      });
    } catch (cause) {
      const message = `The answer to an exchange was lost: ${(cause as Error).message}`;
      throw Object.assign(new Error(message, { cause }), { code: '08000' });
    } finally {
      empty(rows);
    }
  }

  /** Also on the application's connection: as one JSON text, whatever type parsers that has. */
  async claimJobs(
    queueId: number,
    limit: number,
    token: string,
    lockMs: number,
    name: string,
    rateLimit?: RateLimit,
  ): Promise<ClaimedJob[]> {
    const { max = null, duration = null } = rateLimit ?? {};
    const args = [queueId, limit, token, lockMs, name, max, duration];
    const [row] = await this.executor.query(
      `select json_agg(c)::text as r from ${this.prefix}.claim_jobs(${placeholders(args)}) c`,
      args,
      this.statementName('claim_jobs'),
    );
    const rows = JSON.parse((row?.['r'] as string | null) ?? '[]') as Row[];
    const queueKeys = await this.queueKeysOf(rows.map(parentQueueIdOf));
    return rows.map((row) => toClaimedJob(row, token, queueKeys, (value) => value));
  }

  /** Resolves when all that this session's server has committed before is on disk. */
  async flushWal(): Promise<void> {
    await this.text('flush_wal');
  }

  async registerProcess(hostname: string, pid: number): Promise<{ id: number }> {
    return this.value('register_process', hostname, pid);
  }

  /** Whether the session now holds the lock of the process. */
  async holdProcessLock(processId: number): Promise<boolean> {
    return this.value('hold_process_lock', processId);
  }

  async unregisterProcess(processId: number): Promise<void> {
    await this.text('unregister_process', processId);
  }

  /** The id under which the worker claims, or null when the process is not known any more. */
  async registerWorker(
    queueId: number,
    processId: number,
    worker: RegisteredWorker,
  ): Promise<string | null> {
    return this.text(
      'register_worker',
      queueId,
      processId,
      worker.id,
      worker.name,
      toInteger('concurrency', worker.concurrency),
      worker.lockDuration,
      !worker.skipLockRenewal,
    );
  }

  async unregisterWorker(queueId: number, workerId: string): Promise<void> {
    await this.text('unregister_worker', queueId, workerId);
  }

  /** The new epoch, or null when the worker is not known any more. */
  async resyncWorker(
    queueId: number,
    workerId: string,
    held: readonly { id: string; token: string }[],
  ): Promise<number | null> {
    return this.value('resync_worker', queueId, workerId, JSON.stringify(held));
  }

  /** Tells all sleeping workers of a queue, if a job waits in these ranges, or they are null. */
  async wakeWorkers(queueId: number, ranges: string | null): Promise<void> {
    await this.text('wake_workers', queueId, ranges);
  }

  async heartbeat(
    processId: number,
    queues: readonly { queueId: number; maxStalledCount: number }[],
    asleep: readonly { queueId: number; ranges: string | null }[],
  ): Promise<HeartbeatAnswer> {
    return this.value('heartbeat', processId, JSON.stringify(queues), JSON.stringify(asleep));
  }
}

function toExchange(jobs: ClaimedJob[], head: Partial<Exchange>): Exchange {
  return {
    jobs,
    refused: head.refused ?? null,
    now: head.now!,
    hungry: head.hungry ?? false,
    asleep: head.asleep ?? false,
    more: head.more ?? false,
    wakeIn: head.wakeIn ?? null,
    deferred: head.deferred ?? false,
    ranges: head.ranges ?? null,
    lost: head.lost ?? false,
  };
}
