import type { TracedMethods } from './engine/telemetry';
import { workerAttributes } from './engine/worker-tracer';
import { SpanKind, TelemetryAttributes } from './model/telemetry';
import type { Queue } from './queue';
import type { Worker } from './worker';

/** What spans tell of the operations on a queue, but for adding. */
export const queueMethods: TracedMethods<Queue> = {
  pause: {},
  resume: {},
  close: {},
  obliterate: {},
  rateLimit: {
    before: (_, expireTimeMs) => ({ [TelemetryAttributes.QueueRateLimit]: expireTimeMs }),
  },
  remove: {
    before: (_, jobId, { removeChildren = true } = {}) => ({
      [TelemetryAttributes.JobId]: jobId,
      [TelemetryAttributes.JobOptions]: JSON.stringify({ removeChildren }),
    }),
  },
  removeDeduplicationKey: { before: (_, id) => ({ [TelemetryAttributes.DeduplicationKey]: id }) },
  updateJobProgress: {
    before: (_, jobId, progress) => ({
      [TelemetryAttributes.JobId]: jobId,
      [TelemetryAttributes.JobProgress]: JSON.stringify(progress),
    }),
  },
  drain: { before: (_, delayed = false) => ({ [TelemetryAttributes.QueueDrainDelay]: delayed }) },
  clean: {
    before: (_, grace, limit, type = 'completed') => ({
      [TelemetryAttributes.QueueGrace]: grace,
      [TelemetryAttributes.JobType]: type,
      [TelemetryAttributes.QueueCleanLimit]: limit || Number.POSITIVE_INFINITY,
    }),
    after: (ids) => ({ [TelemetryAttributes.QueueCleanCount]: ids.length }),
  },
  retryJobs: {
    kind: SpanKind.PRODUCER,
    before: (_, opts = {}) => ({ [TelemetryAttributes.QueueOptions]: JSON.stringify(opts) }),
  },
  promoteJobs: {
    before: (_, opts = {}) => ({ [TelemetryAttributes.QueueOptions]: JSON.stringify(opts) }),
  },
  trimEvents: {
    before: (_, maxLength) => ({ [TelemetryAttributes.QueueEventMaxLength]: maxLength }),
  },
};

/** What spans tell of the operations on a worker, but for its jobs. */
export const workerMethods: TracedMethods<Worker> = {
  pause: {
    before: (worker, doNotWaitActive) => ({
      ...workerAttributes(worker),
      [TelemetryAttributes.WorkerDoNotWaitActive]: doNotWaitActive,
    }),
  },
  resume: { before: workerAttributes },
  rateLimit: {
    before: (worker, ms) => ({
      ...workerAttributes(worker),
      [TelemetryAttributes.WorkerRateLimit]: ms,
    }),
  },
  startStalledCheckTimer: { before: workerAttributes },
};
