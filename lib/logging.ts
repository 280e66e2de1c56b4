import type { EventEmitter } from 'node:events';
import type { Job } from './job';
import type { Logger } from './options/connection-options';

/**
 * Writes what happens in a worker to a logger: a line a job at debug, what went wrong at warn and
 * error.
 */
export function logWorker(worker: EventEmitter, queue: string, logger: Logger): void {
  const of = (job: Job | undefined) => ({ queue, job: job?.id, name: job?.name });
  worker.on('ready', () => logger.info({ queue }, 'worker ready'));
  worker.on('completed', (job: Job) => logger.debug(of(job), 'job completed'));
  worker.on('failed', (job: Job | undefined, err: Error) =>
    logger.warn({ ...of(job), attemptsMade: job?.attemptsMade, err }, 'job failed'),
  );
  worker.on('stalled', (id: string) =>
    logger.warn({ queue, job: id }, 'job taken over from a dead worker'),
  );
  worker.on('closed', () => logger.info({ queue }, 'worker closed'));
  // Errors are logged where they are emitted: a listener here would hide that the application has
  // none.
}
