/** A difference that is of no single member. */
export interface Difference {
  what: string;
  bullmq: string;
  here: string;
  why: string;
}

export const behaviour: Difference[] = [
  {
    what: 'jobs of a dead worker',
    bullmq: 'back after `lockDuration` and one or two `stalledInterval`s',
    here: 'back about two seconds after its process is gone, otherwise after `lockDuration`',
    why: 'the database sees that a session ended; a blocked event loop is not taken for death',
  },
  {
    what: 'jobs that stalled or were released',
    bullmq: 'to the head of the waiting list, prioritized ones too',
    here: 'to the head of their own priority',
    why: 'a job that comes back keeps its priority',
  },
  {
    what: 'jobs beneath one that cannot be added (bulk, flows)',
    bullmq: 'a bad child or entry may be left out',
    here: 'all or nothing',
    why: 'a flow without one of its jobs is of no use to anybody',
  },
  {
    what: 'lock tokens',
    bullmq: 'one for each slot of a worker, reused',
    here: 'one for each run, never again',
    why: 'a stale run can pass for no later one',
  },
  {
    what: 'a result that is refused after a take-over',
    bullmq: '`error` twice',
    here: '`error` once',
    why: 'it is one refusal',
  },
  {
    what: '`throw null`, `throw "text"` in a processor',
    bullmq: 'the job stays active, or fails without a reason',
    here: 'the job fails, with what was thrown as its reason',
    why: 'a job that failed should not have to stall',
  },
  {
    what: 'data or results that JSON cannot hold',
    bullmq: 'a `TypeError` of the engine',
    here: 'an `InvalidPayloadError`, which is one too, and names the job',
    why: 'the message should say which job it was',
  },
  {
    what: 'events',
    bullmq: 'always written',
    here: 'written while a QueueEvents listens',
    why: 'four rows a job cost more than the job',
  },
  {
    what: '`removed` events',
    bullmq: 'for `remove` alone',
    here: 'for every job that is removed, also by `drain` and `clean`',
    why: 'who waits for a job should learn that it is gone',
  },
  {
    what: 'removing a parent with its children',
    bullmq: 'also tells `waiting` of the parent',
    here: 'tells only what was removed',
    why: 'it never runs',
  },
  {
    what: 'ids',
    bullmq: 'those of duplicates use up a number',
    here: 'they do not',
    why: 'nobody asked for it',
  },
  {
    what: 'U+0000 in a reason or a log',
    bullmq: 'kept',
    here: 'becomes U+FFFD; in data and results it is kept',
    why: 'text of PostgreSQL cannot hold it',
  },
];
