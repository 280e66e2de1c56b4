import { slotError } from '../model/errors';
import type { ClaimedJob } from '../model/job-record';
import { checkText, toJsonText } from '../model/json';
import type { UpsertedScheduler } from '../model/scheduler';
import { checkJobOptions, SCHEDULER_ID_LIMIT } from '../options/job-options';
import {
  type JobSchedulerTemplateOptions,
  type RepeatOptions,
  type RepeatStrategy,
  resolveRepeatOptions,
} from '../options/repeat-options';
import { defaultRepeatStrategy } from '../options/repeat-strategy';
import type { Store } from '../store/store';

/** Slots of a pattern to look at before its jobs are taken to be in the way for good. */
const MAX_SLOTS = 33;

/** How long the current job waits when the next one could not be made. */
const PUT_OFF_MS = 5_000;

const NEEDLESS =
  "Using option immediately with every does not affect the job's schedule. Job will run immediately anyway.";

/** What the jobs of a scheduler are made of. */
export interface Template {
  name: string;
  data: unknown;
  opts: JobSchedulerTemplateOptions;
}

/**
 * Makes a scheduler or replaces its settings, and makes its next job.
 * @throws Error with BullMQ's message for options that cannot be; InvalidPayloadError for data that
 * JSON cannot hold; an Error with a `code` when jobs are in the way of its slots
 */
export async function upsertSchedule(
  store: Store,
  queueId: number,
  id: string,
  given: RepeatOptions,
  template: Template,
  strategy?: RepeatStrategy,
): Promise<UpsertedScheduler> {
  if (typeof id !== 'string') throw new Error('The id of a job scheduler must be a string');
  checkText('The id of a job scheduler', id, SCHEDULER_ID_LIMIT);
  const resolved = resolveRepeatOptions(given);
  const { immediately, ...repeat } = resolved;
  if (immediately && repeat.every) process.emitWarning(NEEDLESS);
  const { name } = template;
  const data = toJsonText(template.data, `The data of job ${name}`);
  checkJobOptions(name, data, template.opts);
  const opts = toJsonText(template.opts, `The options of job ${name}`);
  const settings = {
    name,
    data,
    opts,
    repeat: JSON.stringify(repeat),
    every_ms: repeat.every,
    offset_ms: (repeat.every && repeat.offset) || undefined,
    pattern: repeat.pattern,
    tz: repeat.tz,
    startDate: repeat.startDate,
    endDate: repeat.endDate,
    run_limit: repeat.limit,
    run_count: (repeat.count ?? 0) + 1,
  };
  const next = async (after: number) => nextSlot(after, resolved, name, strategy);
  let slot = repeat.pattern ? await next(await store.getTime()) : undefined;
  let upserted = await store.upsertScheduler(queueId, id, settings, slot);
  // One that was promoted has run before its time.
  for (let i = 1; i < MAX_SLOTS && upserted.outcome === 'slot_used'; i++) {
    const previous = slot!;
    slot = await next(previous);
    if (slot !== undefined && slot <= previous) break;
    upserted = await store.upsertScheduler(queueId, id, settings, slot);
  }
  if (upserted.outcome === 'past_end') {
    throw new Error('End date must be greater than current timestamp');
  }
  if (upserted.outcome === 'slots_taken') throw slotError('slots_taken');
  if (upserted.outcome === 'id_taken' || upserted.outcome === 'slot_used') {
    throw slotError('id_taken');
  }
  return upserted;
}

/**
 * Makes the next job of the scheduler to which a job belongs that was just claimed. Does nothing
 * when that has been done: any number of workers may do it at the same time.
 * @throws Error when the next slot cannot be computed or has no room
 */
export async function advanceSchedule(
  store: Store,
  queueId: number,
  job: Pick<ClaimedJob, 'id' | 'name' | 'opts' | 'repeatJobKey'> & { processedOn?: number | null },
  strategy?: RepeatStrategy,
): Promise<void> {
  const { repeat = {}, prevMillis = 0 } = job.opts as {
    repeat?: RepeatOptions;
    prevMillis?: number;
  };
  let slot: number | undefined = Math.max(prevMillis, job.processedOn ?? 0);
  for (let i = 0; i < MAX_SLOTS; i++) {
    const previous: number = slot;
    slot = repeat.pattern ? await nextSlot(previous, repeat, job.name, strategy) : undefined;
    const outcome = await store.advanceScheduler(queueId, job.repeatJobKey!, job.id, slot);
    if (outcome === 'slots_taken') throw slotError(outcome);
    if (outcome !== 'id_taken') return;
    if (slot === undefined || slot <= previous) break;
  }
  throw slotError('id_taken');
}

/** Puts a claimed job back for a while, whose scheduler could not make the next one. */
export async function putOff(
  store: Store,
  queueId: number,
  { id, token }: Pick<ClaimedJob, 'id' | 'token'>,
): Promise<void> {
  await store.delayJob(queueId, id, token, PUT_OFF_MS);
}

/** The slot of a pattern that follows this time, never before it. */
async function nextSlot(
  millis: number,
  opts: RepeatOptions,
  name: string,
  strategy: RepeatStrategy = defaultRepeatStrategy,
): Promise<number | undefined> {
  const slot = await strategy(millis, opts, name);
  if (slot === undefined || slot === null) return undefined;
  if (!Number.isFinite(slot)) throw new Error(`The repeat strategy returned ${slot}`);
  return Math.max(Math.floor(slot), millis);
}
