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
    here: 'back about two seconds after its process is gone or cut off, otherwise after `lockDuration`; never while no worker of the queue looks for stalled jobs',
    why: 'the database sees that a session ended; a blocked event loop is not taken for death',
  },
  {
    what: 'jobs that stalled or were released',
    bullmq: 'to the head of the waiting list, prioritized ones too',
    here: 'to the head of their own priority',
    why: 'a job that comes back keeps its priority',
  },
  {
    what: 'a parent with a priority, when its last child is removed',
    bullmq: 'to the head of the waiting list, before all jobs with a priority',
    here: 'to the back of its priority, as when that child completes',
    why: 'it has a priority',
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
    here: 'written while a QueueEvents listens, or always with `streams.events.log`',
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
    bullmq: 'custom ones and those of duplicates use up a number',
    here: 'they do not',
    why: 'nobody asked for it',
  },
  {
    what: 'the clock',
    bullmq: 'each client’s',
    here: 'the database’s; that of fake timers (Sinon, Jest, Vitest) while they are installed. What `moveToDelayed` is given counts from now, by the client’s',
    why: 'clients disagree; tests move time',
  },
  {
    what: 'a processor that throws `DelayedError` or its kin and has not moved its job',
    bullmq: 'the job stays active until it stalls',
    here: 'it goes back at once, and counts as stalled',
    why: 'nobody runs it any more',
  },
  {
    what: '`count` of `getDependencies`, `maxChildren` of `getFlow`',
    bullmq:
      'a hint to Redis, which gives all of a small set: with 20, the default, some hundred children',
    here: 'at most so many of each kind',
    why: 'a limit is a limit; ask for more, or page by the cursor',
  },
  {
    what: '`obliterate` of a queue with jobs that wait for children in another queue',
    bullmq: 'they stay, in a queue that is gone',
    here: 'they go, and their own parents go on as when a child is removed',
    why: '"all of its contents" is meant',
  },
  {
    what: 'children that were removed, in `getFlow`',
    bullmq: 'undefined among the children',
    here: 'left out',
    why: 'there is no job to show',
  },
  {
    what: 'U+0000 in a reason or a log',
    bullmq: 'kept',
    here: 'becomes U+FFFD; in data and results it is kept',
    why: 'text of PostgreSQL cannot hold it',
  },
  {
    what: 'next job of a scheduler that cannot be made (a `repeatStrategy` that throws)',
    bullmq: 'the current job stays active until it stalls',
    here: 'it is put off for 5 s and tried again',
    why: 'a schedule must not end by accident',
  },
  {
    what: 'calls that nobody waits for',
    bullmq: 'one after the other, on one connection',
    here: 'adds, logs, new data and progress in their order, unless one waits for a lock; others side by side, such as `queue.pause()` and `queue.resume()`',
    why: 'one that waits for a lock must not hold up all others',
  },
  {
    what: 'a parent whose last child is removed',
    bullmq: 'runs at once, without its priority',
    here: 'keeps its delay and priority',
    why: 'as when its last child has ended',
  },
  {
    what: 'a backoff that the worker does not know, or that throws',
    bullmq: 'the job stays active until it stalls',
    here: 'the job fails for good, and the worker tells of an `error`',
    why: 'it cannot wait for a time that nobody can tell',
  },
  {
    what: 'numbers in options that JSON does not have (`Infinity`, `NaN`)',
    bullmq: 'an error of Redis’ script, or none',
    here: 'an error that names the option',
    why: 'they would be stored as none',
  },
  {
    what: 'next slot of a pattern that has a job already',
    bullmq: 'the schedule ends',
    here: 'the slot after it is taken',
    why: 'a schedule must not end by accident',
  },
  {
    what: 'an upsert of a scheduler that is refused (-10, -11)',
    bullmq: 'has removed the pending job',
    here: 'changes nothing',
    why: 'a refusal is no change',
  },
  {
    what: 'an upsert of a pattern whose next job was promoted, and has run',
    bullmq: 'makes the job of that slot again',
    here: 'makes that of the slot after it',
    why: 'as without the upsert: the slot is done',
  },
  {
    what: 'an upsert whose `endDate` or `limit` leaves nothing to do',
    bullmq: 'the scheduler may run once more',
    here: 'it ends at once, and the upsert resolves to undefined',
    why: 'who says when it ends means it',
  },
  {
    what: 'an add of a deduplication id that ended by hand while a job was kept for it',
    bullmq: 'the kept job is added when the other ends',
    here: 'it is dropped with the id',
    why: 'who frees an id wants the next job of it to be added',
  },
  {
    what: 'a listener of a queue that is bound to a transaction',
    bullmq: 'no such thing',
    here: 'hears nothing of what is done through the bound queue; QueueEvents tell when it has committed',
    why: 'the transaction may yet roll back',
  },
  {
    what: 'what a processor returns that has a method `subscribe`, or is an iterator',
    bullmq: 'the result',
    here: 'the result, unless it is an Observable, or what a generator function returns',
    why: 'values of those are progress',
  },
  {
    what: '`drained` of a worker after a `RateLimitError`',
    bullmq: 'when nothing waits',
    here: 'also when nothing may be fetched for a while',
    why: 'a fetch has come back empty',
  },
  {
    what: '`job.moveToWait()` of a job that is not active',
    bullmq: 'resolves to 0',
    here: 'rejects with -3, as all other moves',
    why: 'nothing was moved',
  },
  {
    what: 'validation of options',
    bullmq:
      'takes `lockRenewTime: 0`, fractions in `limiter`, names and ids of any length, texts for numbers in some places',
    here: 'refuses what cannot be meant, with an error that names the option',
    why: 'it would fail later, or do something else',
  },
  {
    what: '`opts.repeat.offset` of scheduled jobs',
    bullmq: 'may be null',
    here: 'absent instead',
    why: 'an option that is not given is not there',
  },
  {
    what: 'methods of a sandboxed job',
    bullmq: 'resolve when they are sent; a refusal fails the job',
    here: 'resolve when they are done; a refusal is thrown where it was called',
    why: 'a step must know that it is saved',
  },
  {
    what: 'results of worker threads',
    bullmq:
      'as `postMessage` clones them: a Date, a Map, a Buffer as an object of its bytes; a function fails the job',
    here: 'what JSON makes of them, also in the event',
    why: 'the same result as from a process, and as it is stored',
  },
  {
    what: 'a sandboxed job after its run',
    bullmq: 'its methods change the job that runs then',
    here: 'they reject',
    why: 'a run that is over changes nothing',
  },
  {
    what: 'exit code of a file that cannot be loaded',
    bullmq: '`Error initializing child: …`',
    here: '`Unexpected exit code: …`, as for a job',
    why: 'the same thing has happened',
  },
  {
    what: 'Ctrl+C and sandboxed jobs',
    bullmq: 'children finish their job and exit',
    here: 'the worker decides; children end with it',
    why: 'an idle child that exits may just have been given a job',
  },
  {
    what: '`close(true)` and sandboxed jobs',
    bullmq: 'waits for them, up to 30 s',
    here: 'kills their children at once; other workers take the jobs over when their locks run out',
    why: 'who forces does not want to wait',
  },
  {
    what: 'spans `extendLocks`, `startStalledCheckTimer`, `moveStalledJobsToWait`',
    bullmq: 'one a renewal or look',
    here: '`moveStalledJobsToWait` alone, one a job that was taken over',
    why: 'leases are renewed for a process',
  },
  {
    what: 'a job of a flow without `opts`',
    bullmq: 'carries no trace',
    here: 'carries one like all others',
    why: 'its run belongs to the trace as well',
  },
  {
    what: 'span in which a worker makes the next job of a scheduler',
    bullmq: 'names that job',
    here: 'names the scheduler',
    why: 'the job is not known before it is made',
  },
  {
    what: 'telemetry that throws in a worker',
    bullmq: 'fails or loses the job',
    here: 'an `error`',
    why: 'who watches must not break what is watched',
  },
];
