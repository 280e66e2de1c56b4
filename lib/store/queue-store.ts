import type { JobState } from '../model/job-state';
import { lookupId } from '../model/json';
import type { Metrics } from '../model/metrics';
import type {
  AdvanceOutcome,
  SchedulerRecord,
  SchedulerSettings,
  UpsertedScheduler,
} from '../model/scheduler';
import { LONGEST_AGO_MS, MOST, toInteger, toMilliseconds } from '../model/whole-number';

import type { EventPage, GlobalLimits, QueueRecord, WorkerRecord } from './answers';
import { Caller, Json } from './caller';

/** What the database does with queues: settings, lists and counts, schedulers, events. */
export class QueueStore extends Caller {
  /** Null while another open transaction is making this queue. */
  async ensureQueue(prefix: string, name: string): Promise<number | null> {
    return this.value('ensure_queue', prefix, name);
  }

  /** Null when the transaction of this store sees no such queue. */
  async findQueue(prefix: string, name: string): Promise<number | null> {
    return this.value('find_queue', prefix, name);
  }

  async pauseQueue(queueId: number): Promise<void> {
    await this.text('pause_queue', queueId);
  }

  async resumeQueue(queueId: number): Promise<void> {
    await this.text('resume_queue', queueId);
  }

  /** Whether a limit was in force before. */
  async rateLimitQueue(queueId: number, ms: number): Promise<boolean> {
    return this.value('rate_limit_queue', queueId, toMilliseconds('A rate limit', ms));
  }

  /** How many of these limits were set before. */
  async limitQueue(queueId: number, limits: GlobalLimits): Promise<number> {
    return this.value('limit_queue', queueId, new Json(JSON.stringify(limits)));
  }

  async getQueue(queueId: number): Promise<QueueRecord> {
    return this.value('get_queue', queueId);
  }

  /** The channel on which something of a queue, or for a process, is announced. */
  async channel(kind: 'wake' | 'event' | 'process', id: number): Promise<string> {
    return (await this.text('channel_of', kind, id))!;
  }

  /** The database's time. */
  async getTime(): Promise<number> {
    return this.value('get_time');
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
    return (
      (await this.value<null>(
        'count_priorities',
        queueId,
        JSON.stringify(priorities.map((priority) => toInteger('A priority', priority))),
      )) ?? {}
    );
  }

  async listJobs(
    queueId: number,
    state: JobState,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<string[]> {
    return this.value('list_jobs', queueId, state, ...range(start, end), isAscending);
  }

  async listWorkers(queueId: number): Promise<WorkerRecord[]> {
    return (await this.value<WorkerRecord[] | null>('list_workers', queueId)) ?? [];
  }

  async listListeners(
    queueId: number,
  ): Promise<Pick<WorkerRecord, 'id' | 'hostname' | 'pid' | 'age' | 'idle'>[]> {
    return (await this.value<[] | null>('list_listeners', queueId)) ?? [];
  }

  async getMetrics(queueId: number, state: JobState, start: number, end: number): Promise<Metrics> {
    return this.value('get_metrics', queueId, state, ...range(start, end));
  }

  /** How many were promoted. */
  async promoteJobs(queueId: number, limit: number): Promise<number> {
    return this.value('promote_jobs', queueId, batch(limit));
  }

  /** How many will run again. */
  async retryJobs(queueId: number, state: string, until: number, limit: number): Promise<number> {
    return this.value(
      'retry_jobs',
      queueId,
      state,
      toMilliseconds('The timestamp', until),
      batch(limit),
    );
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
    return this.value(
      'clean_jobs',
      queueId,
      state,
      Math.min(toMilliseconds('The grace period', graceMs), LONGEST_AGO_MS),
      toInteger('The limit', limit),
    );
  }

  /** Jobs removed, or null when some are active and that is not forced. */
  async obliterateQueue(queueId: number, force: boolean, limit: number): Promise<number | null> {
    return this.value('obliterate_queue', queueId, force, batch(limit));
  }

  async getDeduplicationJob(queueId: number, id: string): Promise<string | null> {
    return this.text('get_deduplication_job', queueId, lookupId(id));
  }

  /** Whether the id was taken, by this job if one is given. */
  async removeDeduplication(queueId: number, id: string, jobId?: string): Promise<boolean> {
    return this.value('remove_deduplication', queueId, lookupId(id), jobId ?? null);
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
    return this.value('remove_scheduler', queueId, lookupId(id));
  }

  async getScheduler(queueId: number, id: string): Promise<SchedulerRecord | null> {
    return this.value('get_scheduler', queueId, lookupId(id));
  }

  async listSchedulers(
    queueId: number,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<SchedulerRecord[]> {
    return (await this.value('list_schedulers', queueId, ...range(start, end), isAscending)) ?? [];
  }

  async countSchedulers(queueId: number): Promise<number> {
    return this.value('count_schedulers', queueId);
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
    const most = max === undefined ? null : toInteger('The number of events to keep', max);
    return this.value('trim_events', queueId, most);
  }

  async publishEvent(queueId: number, name: string, payload: string): Promise<void> {
    await this.text('publish_event', queueId, name, new Json(payload));
  }
}

/** From one place of a list to another, inclusive; below 0 from its end. */
export function range(start: number, end: number): [start: number, end: number] {
  const last = toInteger('The end', end);
  return [toInteger('The start', start), last < MOST ? last : -1];
}

/** How many jobs one transaction takes. */
function batch(count: number): number {
  const jobs = toInteger('The count', count);
  return jobs < 0 ? MOST : jobs;
}
