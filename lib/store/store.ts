import type { Executor, Row } from '../db/database';
import type { Refusal } from '../model/errors';
import type {
  ClaimedJob,
  DependencyRecord,
  JobRecord,
  JobSpec,
  Settlement,
} from '../model/job-record';
import type { JobState } from '../model/job-state';
import type { Metrics } from '../model/metrics';
import type {
  AdvanceOutcome,
  SchedulerRecord,
  SchedulerSettings,
  UpsertedScheduler,
} from '../model/scheduler';
import type { StepRecord, StepReport } from '../model/step';
import { quoteIdentifier } from '../options/connection-options';

/** What `add_jobs` did, by position in the call. */
export interface AddedJobs {
  ids: string[];
  now: number;
  duplicates: number[] | null;
  missing_parents: { unit: number; key: string }[] | null;
}

/** A report that was not accepted. */
export interface RefusedSettlement {
  id: string;
  outcome: Refusal;
}

/** The answer to an exchange. */
export interface Exchange {
  jobs: ClaimedJob[];
  refused: RefusedSettlement[] | null;
  hungry: boolean;
  asleep: boolean;
  /** Milliseconds until there is a reason to look again, or null. */
  wakeIn: number | null;
  /** Committed, but not yet on disk. */
  deferred: boolean;
  lost: boolean;
}

/** Events in the order in which all read them. */
export interface EventPage {
  events: { id: string; name: string; payload: Record<string, unknown> }[];
  /** The place in that order where the next page begins. */
  after: string;
  /** Whether there may be more at once. */
  more: boolean;
}

export interface Heartbeat {
  known: boolean;
  stalled?: { queueId: number; id: string }[];
  claimable?: number[] | null;
}

/** What the database knows of a worker. */
export interface RegisteredWorker {
  id: string;
  name: string;
  concurrency: number;
  lockDuration: number;
  maxStalledCount: number;
  skipLockRenewal?: boolean | undefined;
}

/** A worker as others see it. `age` and `idle` are seconds since it started and was heard of. */
export interface WorkerRecord {
  id: number;
  uid: string;
  name: string;
  hostname: string;
  pid: number;
  age: number;
  idle: number;
}

/** Limits that hold for all workers of a queue together; null ends one. Milliseconds. */
export interface GlobalLimits {
  concurrency?: number | null;
  rate_max?: number | null;
  rate_ms?: number | null;
}

/** The settings of a queue, and its rate limit's window if one is open. Milliseconds. */
export interface QueueRecord {
  paused: boolean;
  concurrency: number | null;
  rateMax: number | null;
  rateMs: number | null;
  maxEvents: number | null;
  isMaxed: boolean;
  claimed: number | null;
  windowEndsIn: number | null;
}

/** At most so many claims in so many milliseconds. */
export interface RateLimit {
  max: number;
  duration: number;
}

/** `ok`, or why not. */
export type Outcome = 'ok' | Refusal;

/**
 * The database, one method for each public function in sql/, by the same name. Nothing else in lib
 * knows SQL. Durations and times are milliseconds.
 */
export class Store {
  private readonly prefix: string;

  constructor(
    private readonly executor: Executor,
    readonly schema: string,
    /** What to select before the function is called. */
    private readonly prelude = '',
  ) {
    this.prefix = quoteIdentifier(schema);
  }

  /** The same functions on another connection, such as the application's open transaction. */
  on(executor: Executor): Store {
    return new Store(executor, this.schema);
  }

  /**
   * The same functions, whose commits do not wait for the disk: `flush_wal` is to confirm them. Not
   * in a transaction of the application's, whose commit it would change.
   */
  deferring(): Store {
    return new Store(this.executor, this.schema, "set_config('synchronous_commit', 'off', true), ");
  }

  /** Calls a function that returns one value; as text, whatever type parsers the connection has. */
  private async text(name: string, ...args: unknown[]): Promise<string | null> {
    const rows = await this.executor.query(
      `select ${this.prelude}${this.prefix}.${name}(${placeholders(args)})::text as r`,
      args.map(toValue),
      `${this.schema}.${name}${this.prelude && '/deferring'}`,
    );
    return (rows[0]?.['r'] ?? null) as string | null;
  }

  /** Calls a function that returns JSON, a number or a boolean. */
  private async value<T>(name: string, ...args: unknown[]): Promise<T> {
    const text = await this.text(name, ...args);
    return (text === null ? null : JSON.parse(text)) as T;
  }

  /**
   * Calls a function that returns jobs as rows: cheaper than JSON, on our own connections only,
   * whose values come unparsed.
   */
  private claimedRows(name: string, ...args: unknown[]): Promise<Row[]> {
    return this.executor.query(
      `select * from ${this.prefix}.${name}(${placeholders(args)})`,
      args,
      `${this.schema}.${name}`,
    );
  }

  /** Null while another open transaction is making this queue. */
  async ensureQueue(prefix: string, name: string): Promise<number | null> {
    return this.value('ensure_queue', prefix, name);
  }

  async pauseQueue(queueId: number): Promise<void> {
    await this.text('pause_queue', queueId);
  }

  async resumeQueue(queueId: number): Promise<void> {
    await this.text('resume_queue', queueId);
  }

  /** Whether a limit was in force before. */
  async rateLimitQueue(queueId: number, ms: number): Promise<boolean> {
    return this.value('rate_limit_queue', queueId, Math.ceil(ms));
  }

  /** How many of these limits were set before. */
  async limitQueue(queueId: number, limits: GlobalLimits): Promise<number> {
    return this.value('limit_queue', queueId, new Json(JSON.stringify(limits)));
  }

  async getQueue(queueId: number): Promise<QueueRecord> {
    return this.value('get_queue', queueId);
  }

  /** @param units jobs that are added together or not at all */
  async addJobs(units: readonly (readonly JobSpec[])[]): Promise<AddedJobs> {
    const specs: object[] = [];
    for (const [unit, jobs] of units.entries()) {
      for (const job of jobs) specs.push({ ...job, position: specs.length, unit });
    }
    return this.value('add_jobs', JSON.stringify(specs));
  }

  async settleAndClaim(
    queueId: number,
    workerId: string,
    epoch: number,
    token: string,
    settlements: readonly Settlement[],
    limit: number,
    isHungry: boolean,
    isAsleep: boolean,
    mayDefer: boolean,
    rateLimit?: RateLimit,
  ): Promise<Exchange> {
    const rows = await this.claimedRows(
      'settle_and_claim',
      queueId,
      workerId,
      epoch,
      token,
      settlements.length > 0 ? JSON.stringify(settlements) : null,
      limit,
      isHungry,
      isAsleep,
      mayDefer,
      rateLimit?.max ?? null,
      rateLimit?.duration ?? null,
    );
    const head = JSON.parse(rows.pop()?.['head'] as string) as Partial<Exchange>;
    return {
      jobs: rows.map((row) => toClaimedJob(row, token)),
      refused: head.refused ?? null,
      hungry: head.hungry ?? false,
      asleep: head.asleep ?? false,
      wakeIn: head.wakeIn ?? null,
      deferred: head.deferred ?? false,
      lost: head.lost ?? false,
    };
  }

  async settleJobs(
    queueId: number,
    settlements: readonly Settlement[],
  ): Promise<RefusedSettlement[]> {
    return (await this.value('settle_jobs', queueId, new Json(JSON.stringify(settlements)))) ?? [];
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
      `${this.schema}.claim_jobs`,
    );
    const rows = JSON.parse((row?.['r'] as string | null) ?? '[]') as Row[];
    return rows.map((row) => toClaimedJob(row, token, (value) => value));
  }

  /** Ids of the jobs that are not held under their token. */
  async extendLocks(
    queueId: number,
    locks: readonly { id: string; token: string }[],
    ms: number,
  ): Promise<string[]> {
    return (await this.value('extend_locks', queueId, JSON.stringify(locks), ms)) ?? [];
  }

  async delayJob(queueId: number, id: string, token: string, runAt: number): Promise<Outcome> {
    return (await this.text('delay_job', queueId, id, token, Math.ceil(runAt))) as Outcome;
  }

  async releaseJob(queueId: number, id: string, token: string): Promise<Outcome> {
    return (await this.text('release_job', queueId, id, token)) as Outcome;
  }

  async waitForChildren(
    queueId: number,
    id: string,
    token: string,
    childKey?: string,
  ): Promise<Outcome | 'nothing_pending'> {
    return (await this.text('wait_for_children', queueId, id, token, childKey ?? null)) as Outcome;
  }

  /** Positions of updates of jobs that do not exist. Texts are JSON. */
  async updateJobs(
    updates: readonly { queue_id: number; id: string; data?: string; progress?: string }[],
  ): Promise<number[]> {
    return (await this.value('update_jobs', JSON.stringify(updates))) ?? [];
  }

  /** The number of rows in the log, or null when there is no such job. */
  async addLog(queueId: number, id: string, row: string, keep?: number): Promise<number | null> {
    return this.value('add_log', queueId, id, row, keep ?? null);
  }

  async trimLog(queueId: number, id: string, keep: number): Promise<void> {
    await this.text('trim_log', queueId, id, keep);
  }

  async retryJob(queueId: number, id: string, state: string, opts: object): Promise<Outcome> {
    const json = new Json(JSON.stringify(opts));
    return (await this.text('retry_job', queueId, id, state, json)) as Outcome;
  }

  async promoteJob(queueId: number, id: string): Promise<Outcome> {
    return (await this.text('promote_job', queueId, id)) as Outcome;
  }

  /** How many were promoted. */
  async promoteJobs(queueId: number, limit: number): Promise<number> {
    return this.value('promote_jobs', queueId, limit);
  }

  /** How many will run again. */
  async retryJobs(queueId: number, state: string, until: number, limit: number): Promise<number> {
    return this.value('retry_jobs', queueId, state, until, limit);
  }

  async changeDelay(queueId: number, id: string, ms: number): Promise<Outcome> {
    return (await this.text('change_delay', queueId, id, Math.ceil(ms))) as Outcome;
  }

  async changePriority(
    queueId: number,
    id: string,
    priority: number,
    lifo: boolean,
  ): Promise<Outcome> {
    return (await this.text('change_priority', queueId, id, priority, lifo)) as Outcome;
  }

  async removeJob(
    queueId: number,
    id: string,
    withChildren: boolean,
  ): Promise<'ok' | 'missing' | 'locked' | 'scheduled'> {
    return (await this.text('remove_job', queueId, id, withChildren)) as 'ok';
  }

  async removeDependency(
    queueId: number,
    id: string,
  ): Promise<'ok' | 'not_pending' | 'missing' | 'no_parent' | 'parent_missing'> {
    return (await this.text('remove_dependency', queueId, id)) as 'ok';
  }

  async removeUnprocessedChildren(queueId: number, id: string): Promise<number> {
    return this.value('remove_unprocessed_children', queueId, id);
  }

  async getDeduplicationJob(queueId: number, id: string): Promise<string | null> {
    return this.text('get_deduplication_job', queueId, id);
  }

  /** Whether the id was taken, by this job if one is given. */
  async removeDeduplication(queueId: number, id: string, jobId?: string): Promise<boolean> {
    return this.value('remove_deduplication', queueId, id, jobId ?? null);
  }

  async drainQueue(queueId: number, delayed: boolean, limit: number): Promise<number> {
    return this.value('drain_queue', queueId, delayed, limit);
  }

  async cleanJobs(
    queueId: number,
    state: JobState,
    graceMs: number,
    limit: number,
  ): Promise<string[]> {
    return this.value('clean_jobs', queueId, state, graceMs, limit);
  }

  /** Jobs removed, or null when some are active and that is not forced. */
  async obliterateQueue(queueId: number, force: boolean, limit: number): Promise<number | null> {
    return this.value('obliterate_queue', queueId, force, limit);
  }

  /** In the order of the ids; null for a job that does not exist. */
  async getJobs(queueId: number, ids: readonly string[]): Promise<(JobRecord | null)[]> {
    return (
      (await this.value<(JobRecord | null)[] | null>('get_jobs', queueId, JSON.stringify(ids))) ??
      []
    );
  }

  async listJobs(
    queueId: number,
    state: JobState,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<string[]> {
    return this.value('list_jobs', queueId, state, start, end, isAscending);
  }

  async countJobs(queueId: number): Promise<Record<JobState, number>> {
    return this.value('count_jobs', queueId);
  }

  async countDelayed(queueId: number, before: number): Promise<number> {
    return this.value('count_delayed', queueId, before);
  }

  async countPriorities(
    queueId: number,
    priorities: readonly number[],
  ): Promise<Record<string, number>> {
    return (await this.value<null>('count_priorities', queueId, JSON.stringify(priorities))) ?? {};
  }

  async getMetrics(queueId: number, state: JobState, start: number, end: number): Promise<Metrics> {
    return this.value('get_metrics', queueId, state, start, end);
  }

  async listWorkers(queueId: number): Promise<WorkerRecord[]> {
    return (await this.value<WorkerRecord[] | null>('list_workers', queueId)) ?? [];
  }

  async listListeners(
    queueId: number,
  ): Promise<Pick<WorkerRecord, 'id' | 'hostname' | 'pid' | 'age' | 'idle'>[]> {
    return (await this.value<[] | null>('list_listeners', queueId)) ?? [];
  }

  async getDependencies(
    queueId: number,
    id: string,
    status?: DependencyRecord['status'],
    offset = 0,
    limit?: number,
  ): Promise<DependencyRecord[]> {
    return (
      (await this.value<DependencyRecord[] | null>(
        'get_dependencies',
        queueId,
        id,
        status ?? null,
        offset,
        limit ?? null,
      )) ?? []
    );
  }

  async countDependencies(
    queueId: number,
    id: string,
  ): Promise<{ processed: number; unprocessed: number; ignored: number; failed: number }> {
    return this.value('count_dependencies', queueId, id);
  }

  async getLogs(
    queueId: number,
    id: string,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<{ logs: string[]; count: number }> {
    return this.value('get_logs', queueId, id, start, end, isAscending);
  }

  /** The database's time. */
  async getTime(): Promise<number> {
    return this.value('get_time');
  }

  /** @param slot the first one of a pattern */
  async upsertScheduler(
    queueId: number,
    id: string,
    settings: SchedulerSettings,
    slot?: number,
  ): Promise<UpsertedScheduler> {
    return this.value('upsert_scheduler', queueId, id, JSON.stringify(settings), slot ?? null);
  }

  /** @param slot the next one of a pattern */
  async advanceScheduler(
    queueId: number,
    id: string,
    jobId: string,
    slot?: number,
  ): Promise<AdvanceOutcome> {
    const outcome = await this.text('advance_scheduler', queueId, id, jobId, slot ?? null);
    return outcome as AdvanceOutcome;
  }

  /** Whether there was one. */
  async removeScheduler(queueId: number, id: string): Promise<boolean> {
    return this.value('remove_scheduler', queueId, id);
  }

  async getScheduler(queueId: number, id: string): Promise<SchedulerRecord | null> {
    return this.value('get_scheduler', queueId, id);
  }

  async listSchedulers(
    queueId: number,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<SchedulerRecord[]> {
    return (await this.value('list_schedulers', queueId, start, end, isAscending)) ?? [];
  }

  async countSchedulers(queueId: number): Promise<number> {
    return this.value('count_schedulers', queueId);
  }

  /** Right after BEGIN, on the session of a transaction. `idleMs`: how long it may then be idle. */
  async beginTransaction(
    queueId: number,
    id: string,
    token: string,
    idleMs: number,
  ): Promise<{ outcome: Outcome; pid: number }> {
    return this.value('begin_transaction', queueId, id, token, idleMs);
  }

  /** Outcomes in the order of the steps, and the id of the transaction that saved them. */
  async saveSteps(
    steps: readonly StepReport[],
  ): Promise<{ outcomes: (Outcome | 'no_transaction')[]; xid: string }> {
    return this.value('save_steps', JSON.stringify(steps));
  }

  async checkRun(queueId: number, id: string, token: string): Promise<Outcome> {
    return (await this.text('check_run', queueId, id, token)) as Outcome;
  }

  async getCommitStatus(
    xid: string,
    { queue_id, id, token, name }: StepReport,
  ): Promise<'committed' | 'aborted' | 'in_progress'> {
    return (await this.text('get_commit_status', xid, queue_id, id, token, name)) as 'committed';
  }

  async endSession(pid: number): Promise<void> {
    await this.text('end_session', pid);
  }

  /** @param until milliseconds since 1970, or else `ms` from now */
  async sleepJob(
    queueId: number,
    id: string,
    token: string,
    name: string,
    { until, ms }: { until?: number; ms?: number },
  ): Promise<Outcome | 'done'> {
    const times = [until, ms].map((time) => (time === undefined ? null : Math.ceil(time)));
    return (await this.text('sleep_job', queueId, id, token, name, ...times)) as Outcome;
  }

  async awaitChildren(
    queueId: number,
    id: string,
    token: string,
    name: string,
  ): Promise<Outcome | 'done'> {
    return (await this.text('await_children', queueId, id, token, name)) as Outcome;
  }

  async awaitSignal(
    queueId: number,
    id: string,
    token: string,
    name: string,
    signal: string,
    ms: number | undefined,
  ): Promise<{ outcome: Outcome | 'done' | 'timed_out'; value: unknown }> {
    const timeout = ms === undefined ? null : Math.ceil(ms);
    return this.value('await_signal', queueId, id, token, name, signal, timeout);
  }

  /** @param payload JSON text */
  async sendSignal(queueId: number, id: string, name: string, payload: string): Promise<Outcome> {
    return (await this.text('send_signal', queueId, id, name, payload)) as Outcome;
  }

  async getSteps(queueId: number, id: string): Promise<StepRecord[]> {
    return (await this.value<StepRecord[] | null>('get_steps', queueId, id)) ?? [];
  }

  async retryFromStep(
    queueId: number,
    id: string,
    name: string,
    opts: object,
  ): Promise<Outcome | 'step_missing'> {
    const outcome = await this.text('retry_from_step', queueId, id, name, JSON.stringify(opts));
    return outcome as Outcome;
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
      worker.concurrency,
      Math.ceil(worker.lockDuration),
      worker.maxStalledCount,
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

  async heartbeat(
    processId: number,
    queues: readonly { queueId: number; maxStalledCount: number }[],
    asleepQueueIds: readonly number[],
  ): Promise<Heartbeat> {
    return this.value(
      'heartbeat',
      processId,
      JSON.stringify(queues),
      JSON.stringify(asleepQueueIds),
    );
  }

  /** @param log whether events are also written while nobody listens. What is undefined stays. */
  async configureEvents(
    queueId: number,
    { maxLen, log }: { maxLen?: number; log?: boolean },
  ): Promise<void> {
    await this.text('configure_events', queueId, maxLen ?? null, log ?? null);
  }

  /** Null when the process is not known (any more). */
  async listenToEvents(
    queueId: number,
    processId: number,
  ): Promise<{ id: number; after: string } | null> {
    return this.value('listen_to_events', queueId, processId);
  }

  async stopListening(queueId: number, listenerId: number): Promise<void> {
    await this.text('stop_listening', queueId, listenerId);
  }

  /** @param after the id of an event, or any other place in their order */
  async readEvents(queueId: number, after: string, limit: number): Promise<EventPage> {
    return this.value('read_events', queueId, after, limit);
  }

  /** @param max default: as many as the queue is set to keep */
  async trimEvents(queueId: number, max?: number): Promise<number> {
    return this.value('trim_events', queueId, max ?? null);
  }

  async publishEvent(queueId: number, name: string, payload: string): Promise<void> {
    await this.text('publish_event', queueId, name, new Json(payload));
  }

  /** Resolves when all that this session's server has committed before is on disk. */
  async flushWal(): Promise<void> {
    await this.text('flush_wal');
  }

  /** The channel on which something of a queue is announced. */
  async channel(kind: 'wake' | 'event', queueId: number): Promise<string> {
    return (await this.text('channel_of', kind, queueId))!;
  }
}

/** A text for a parameter of type json, which not every connection makes of a text by itself. */
class Json {
  constructor(readonly text: string) {}
}

function placeholders(args: readonly unknown[]): string {
  return args.map((arg, i) => `$${i + 1}${arg instanceof Json ? '::json' : ''}`).join(', ');
}

function toValue(arg: unknown): unknown {
  return arg instanceof Json ? arg.text : arg;
}

/** @param parse what its columns of type json are to be read with */
function toClaimedJob(
  row: Row,
  token: string,
  parse: (json: string) => unknown = JSON.parse,
): ClaimedJob {
  const text = row as Record<string, string>;
  return {
    id: text['id']!,
    name: text['name']!,
    data: parse(text['data']!),
    opts: parse(text['opts']!) as Record<string, unknown>,
    token,
    timestamp: Number(text['created_at']),
    processedOn: Number(text['processed_at']),
    priority: Number(text['priority']),
    attemptsMade: Number(text['attempts_made']),
    attemptsStarted: Number(text['attempts_started']),
    delay: 0,
    stalledCounter: 0,
    ...(row['more'] ? (parse(text['more']!) as Partial<Omit<JobRecord, 'token'>>) : undefined),
  };
}
