import { isConnectionError } from '../db/database';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../model/clock';
import type { JobRecord } from '../model/job-record';

// biome-ignore lint/suspicious/noExplicitAny: an EventEmitter's
type EventListener = (...args: any[]) => void;

/** What is listened to: a QueueEvents. */
export interface EventSource {
  on(event: string, listener: EventListener): unknown;
  off(event: string, listener: EventListener): unknown;
  waitUntilReady(): Promise<unknown>;
}

export interface WatchedJob {
  id: string;
  name: string;
  /** `<prefix>:<queue>:<id>`. */
  key: string;
  /** The job as it is stored now. */
  read(): Promise<JobRecord | null>;
}

/**
 * How often to look in spite of the events, so that one that never comes cannot make the wait
 * endless.
 */
const LOOK_AGAIN_MS = 5_000;

/**
 * Resolves to the job's return value when it is completed, and rejects with its reason when it
 * failed for good.
 * @param ttl milliseconds after which to give up; 0 for never
 * @throws Error also when the job is not there (any more), or when the events are closed
 */
export async function untilFinished<Result>(
  job: WatchedJob,
  events: EventSource,
  ttl?: number,
): Promise<Result> {
  await events.waitUntilReady();
  return new Promise<Result>((resolve, reject) => {
    const listeners: Record<string, EventListener> = {
      [`completed:${job.id}`]: ({ returnvalue }: { returnvalue: Result }) =>
        end(() => resolve(returnvalue)),
      [`failed:${job.id}`]: ({ failedReason }: { failedReason: string }) =>
        end(() => reject(new Error(failedReason))),
      [`removed:${job.id}`]: () => end(() => reject(missingError(job))),
      closed: () => end(() => reject(new Error('The QueueEvents was closed'))),
    };
    for (const [event, listener] of Object.entries(listeners)) events.on(event, listener);
    const lookout = setInterval(look, LOOK_AGAIN_MS);
    const timeout = ttl && setTimeout(() => end(() => reject(timeoutError(job, ttl))), ttl);
    look();

    function look() {
      job.read().then(
        (record) => {
          if (!record) end(() => reject(missingError(job)));
          else if (record.state === 'completed') end(() => resolve(record.returnvalue as Result));
          else if (record.state === 'failed')
            end(() => reject(new Error(record.failedReason ?? '')));
        },
        (error: Error) => {
          // The database may be back when it is asked again.
          if (!isConnectionError(error)) end(() => reject(error));
        },
      );
    }

    function end(settle: () => void) {
      clearInterval(lookout);
      clearTimeout(timeout);
      for (const [event, listener] of Object.entries(listeners)) events.off(event, listener);
      settle();
    }
  });
}

/** Without a `code`: BullMQ has none here either. */
function missingError({ key }: WatchedJob): Error {
  return new Error(`Missing key for job ${key}. isFinished`);
}

function timeoutError(job: WatchedJob, ttl: number): Error {
  return new Error(
    `Job wait ${job.name} timed out before finishing, no finish notification arrived after ${ttl}ms (id=${job.id})`,
  );
}
