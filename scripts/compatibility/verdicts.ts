/**
 * What became here of each name that BullMQ exports, and of each member of its classes and types. Reviewed
 * by hand; `test/compatibility/table.test.ts` holds it against both packages. When a feature lands, its rows
 * go from `notHere` to `same` or `differs`.
 */

import { differs, like, notHere, same, type Verdicts } from './verdict';

// Why whole families are not here.
const LEGACY = 'for the repeatable jobs that earlier versions of BullMQ left in Redis';
const UNSET = 'BullMQ has the name only, and sets it no more';
const PROTOCOL = 'how BullMQ’s workers talk to their children; processors do not see it';
const REDIS = 'a part of the Redis client';
const INSIDE = 'an inner part of BullMQ';
const POSTGRES = "a part of BullMQ's own PostgreSQL backend";
const RELAY = 'no relay: an experiment of BullMQ 6.7';
const TOLERATED = 'without effect: ';
const NO_REDIS_EVENT = 'there is no Redis connection; nobody emits it';

const BEHIND_OTHERS =
  'emitted when it is on disk: with several slots, others may have begun meanwhile, but no other try of this job';

// Tests that prove many rows.
const LISTED = 'the getters of a queue list by state, next to run first';
const COUNTED = 'the getters of a queue count by state, under the names asked for';
const SHAPE = 'instances have the members that all of BullMQ’s have';
const LISTENERS = 'instances type and chain their listeners';
const USERS_CODE = 'code written for BullMQ compiles against these types';
const QUEUE_TELLS = 'a queue tells its own listeners what is done through it';
const DEFAULTS = 'Queue.add overlays the default options of the queue with those of the job';
const STORED = 'Job.toJSON and asJSON of a stored job are plain, with data as value and as text';
const NAMED = 'a job names its scheduler and its deduplication id, also as JSON';
const DEDUPLICATES =
  'deduplication without a ttl drops jobs of an id for which another stands, and answers with that';
const DEDUPLICATION_ENDS =
  'deduplication without a ttl can be ended by hand, by the queue or by the job that stands for the id';
const CONCURRENCY = 'global concurrency can be raised, lowered and removed while workers run';
const GLOBAL_RATE =
  'global rate limit goes before the number of the worker, whose window goes before its own';
const RATE = 'limiter lets so many jobs begin in a window, of all workers together';
const NO_LIMIT = 'global concurrency refuses what is no limit';
const INTERVAL =
  'upsertJobScheduler runs an interval at once, with the shape that BullMQ gives its jobs';
const PATTERN = 'upsertJobScheduler runs a pattern at its first match, in its time zone';
const IMMEDIATELY =
  'upsertJobScheduler runs a pattern at once with immediately, and then by the pattern';
const OFFSET = 'upsertJobScheduler waits for an aligned slot with an offset, and for the start';
const RUN_LIMIT = 'a scheduler at work ends at its limit, and keeps its record';
const LISTED_SCHEDULERS =
  'getJobSchedulers lists schedulers by their next slot, in either direction and page by page';
const SCHEDULER = 'JobScheduler does what the queue does, and is what the queue has';
const STRATEGY = 'a scheduler at work uses the repeat strategy of queue and worker';
const MINUTES =
  'getMetrics returns the counts of past minutes, newest first, with 0 for empty ones';
const METERED = 'the meter records the counts of a queue when asked to';
const RUNS_METERED = 'the meter counts how runs end, and how long they took';
const TRACED = 'traces a job from the request that adds it to what its processor adds';
const SPANS = 'adding is a span, which the job carries';
const RUN_SPAN =
  'the run of a job goes on from where the job was added, and its report from the run';
const TRACED_BY_SUBCLASS =
  'what is done with a queue is traced by subclasses with operations of their own';
const SANDBOXED =
  'a processor in a file, in %s gets the job with all fields and methods, a token and a signal';
const SANDBOX_CHANGES =
  'a processor in a file, in %s gets the job and changes what is stored of it';
const SANDBOX_OPTIONS =
  'a processor in a file, in %s has children that take the options given for them';
const STATES = 'a job answers for each state that it is in';
const WORKER_TELLS = 'Worker tells of a job from active to completed, with its arguments';
const ENUMS = 'what BullMQ exports as values is equal here: %s';
const HELPS = 'what BullMQ exports as values helps as there: %s';
const ERRORS = 'the error classes of BullMQ have the same name and message here: %s';
const POLICY = 'a child that fails for good is forgotten by its parent with %s';
const RETENTION = 'retention %j keeps what it says';
const QE_COMPLETES = 'QueueEvents tells once and in order what becomes of a job that completes';
const QE_FAILS =
  'QueueEvents tells what becomes of one that fails, is tried again, and fails for good';
const QE_DELAYED =
  'QueueEvents tells when delayed jobs are due, and when they are promoted, changed or removed';
const QE_QUEUE = 'QueueEvents tells of pauses, duplicates and cleaning';
const QE_FLOWS =
  'QueueEvents tells of flows: the parent waits, and is released before its child is completed';

const CONNECTION = differs(
  'PostgreSQL: a URL, a `pg` configuration, a `pg.Pool`, or nothing (`DATABASE_URL`, `PG*`). What leads to Redis stands for the default connection',
  'a connection that leads to Redis stands for the default of the process',
);

const baseOptions = {
  connection: CONNECTION,
  blockingConnection: differs(`${TOLERATED}no connection ever blocks`),
  skipVersionCheck: differs(`${TOLERATED}the schema is checked once, see \`migrate\``),
  skipWaitingForReady: differs(`${TOLERATED}nobody waits`),
};

const connectionOptions = {
  ...baseOptions,
  prefix: same('instances are told apart by prefix, which may hold colons and braces'),
};

const jobOptions = {
  jobId: differs(
    'uses up no number of the queue: the next automatic id is the next number; at most 1,000 bytes',
    'Queue.add keeps an id of the caller and uses up no number for it',
  ),
  parent: same(
    'moveToWaitingChildren waits for children that were added at run time, then has their values',
  ),
  repeatJobKey: differs('set by BullMQ alone; `job.repeatJobKey` is here'),
  prevMillis: same(PATTERN),
  timestamp: same('Queue.add keeps the time of creation that the caller gives'),
  priority: differs(
    'a negative one is refused: it has no place in the order',
    'Queue.add runs the last of lifo first, then plain ones, then by priority',
  ),
  delay: differs(
    'one that is not finite is refused',
    'Queue.add puts delayed, prioritized and plain jobs into their states',
  ),
  attempts: same('attempts of %s are one try'),
  backoff: same('backoff of a number or of type fixed waits as long each time'),
  lifo: same('Queue.add runs the last of lifo first, then plain ones, then by priority'),
  removeOnComplete: same(RETENTION),
  removeOnFail: same(RETENTION),
  keepLogs: same('Job.log keeps the last rows that the job asks for, also when many come at once'),
  stackTraceLimit: same('attempts keep the last %s stack traces when that is the limit'),
  sizeLimit: same('checkJobOptions counts the size of data in bytes of UTF-8'),
};

const childOptions = {
  deduplication: same(DEDUPLICATES),
  failParentOnFailure: same(
    'a child that fails for good fails its parent with failParentOnFailure, and the parent its own',
  ),
  continueParentOnFailure: same(
    'a child that fails for good lets its parent go on at once with continueParentOnFailure',
  ),
  ignoreDependencyOnFailure: same(
    'a child that fails for good is ignored with ignoreDependencyOnFailure once all others are done',
  ),
  removeDependencyOnFailure: same(POLICY),
  telemetry: same('adding leaves the context out of jobs that are not to carry it'),
};

const {
  jobId: _id,
  parent: _parent,
  repeatJobKey: _key,
  prevMillis: _ms,
  ...defaultJobOptions
} = jobOptions;

const instance = {
  name: same(SHAPE),
  opts: same('instances keep their options as given, and tolerate those they do not know'),
  keys: same('a queue names its keys under its prefix'),
  toKey: same('a queue names its keys under its prefix'),
  qualifiedName: same('a queue names its keys under its prefix'),
  closing: same('instances close once, however often they are asked'),
  backend: differs('another backend: `backend.connection.pool` is the `pg.Pool`', SHAPE),
  getBackend: differs('another backend: `getBackend().connection.pool` is the `pg.Pool`', SHAPE),
  waitUntilReady: same('an unreachable database makes waitUntilReady reject'),
  close: same('instances close once, however often they are asked'),
  disconnect: differs('the same as `close`: no connection is one instance’s own', SHAPE),
  trace: same(TRACED_BY_SUBCLASS),
};

const emitter = {
  on: same(LISTENERS),
  once: same(LISTENERS),
  off: same(LISTENERS),
  emit: differs(
    'an `error` that nobody listens to is a process warning, not printed',
    'Worker goes on when a listener throws, and tells of it',
  ),
};

const jobJson = {
  id: same(STORED),
  name: same(STORED),
  data: same(STORED),
  opts: same(STORED),
  progress: same(STORED),
  attemptsMade: same(STORED),
  attemptsStarted: same(STORED),
  stalledCounter: same(STORED),
  timestamp: same(STORED),
  stacktrace: same(STORED),
  returnvalue: same(STORED),
  finishedOn: same('a job goes into another process with the names of its queue'),
  processedOn: same('a job goes into another process with the names of its queue'),
  processedBy: same('a job goes into another process with the names of its queue'),
  failedReason: differs(
    'plain text also in `asJSON`, as everywhere else',
    'a job goes into another process with the names of its queue',
  ),
  deferredFailure: differs('present when there is one', USERS_CODE),
  delay: differs(
    'only in what `moveToCompleted` and `getDependencies` return',
    'a job is made of what moveToCompleted returned',
  ),
  priority: differs(
    'only in what `moveToCompleted` and `getDependencies` return',
    'a job is made of what moveToCompleted returned',
  ),
  parent: same('Job.toJSON and asJSON name the parent of a child'),
  parentKey: same('Job.toJSON and asJSON name the parent of a child'),
  repeatJobKey: same(NAMED),
  debounceId: notHere(UNSET),
  deduplicationId: same(NAMED),
};

const FACTORY = differs(
  'the last argument, a backend factory, is one of this library’s',
  'a backend factory is asked by each class, and may hand out the backend of another instance',
);

export const verdicts: Verdicts = {
  Queue: {
    constructor: FACTORY,
    ...instance,
    ...emitter,
    token: same('a queue has a token of its own and default options that are copied'),
    jobsOpts: same(DEFAULTS),
    defaultJobOptions: same('a queue has a token of its own and default options that are copied'),
    metaValues: differs(
      'the version is `bullmq:tuskmq:…`, by which dashboards know the queue; nothing of it is written',
      'a queue tells its settings and its version',
    ),
    getVersion: differs(
      'the version is `tuskmq:…`, that of this library',
      'a queue tells its settings and its version',
    ),
    getMeta: same('a queue tells its global limits among its settings'),
    add: same('Queue.add numbers jobs from 1 in each queue'),
    addBulk: differs(
      'all or nothing: BullMQ takes what it refuses for an id',
      'Queue.addBulk adds nothing when one of its jobs is refused',
    ),
    pause: same(
      'Queue.pause holds for all workers: adds are taken, running jobs end, nothing is fetched',
    ),
    resume: same(
      'Queue.pause holds for all workers: adds are taken, running jobs end, nothing is fetched',
    ),
    isPaused: same('Queue.obliterate refuses while jobs are active, unless forced'),
    isMaxed: same(
      'global concurrency holds for all workers of a queue together, whatever slots they have',
    ),
    setGlobalConcurrency: differs(
      'what is no integer greater than 0 is refused: BullMQ runs nothing or everything then',
      NO_LIMIT,
    ),
    getGlobalConcurrency: same(CONCURRENCY),
    removeGlobalConcurrency: same(CONCURRENCY),
    setGlobalRateLimit: differs(
      'holds also for workers without a `limiter`; what is no integer greater than 0 is refused',
      'global rate limit holds for workers without a limit of their own',
    ),
    getGlobalRateLimit: same(GLOBAL_RATE),
    removeGlobalRateLimit: same(GLOBAL_RATE),
    rateLimit: differs(
      'holds for all workers of the queue, not only for those with a `limiter`',
      'RateLimitError puts the job back and lets nobody fetch until the limit ends',
    ),
    getRateLimitTtl: same(RATE),
    removeRateLimitKey: same(RATE),
    jobScheduler: same(SCHEDULER),
    upsertJobScheduler: differs(
      'the type says that it may resolve to undefined, as it does when nothing is left within `limit` and `endDate`; a refusal (-10, -11) changes nothing',
      'upsertJobScheduler rejects with the codes of BullMQ when jobs are in the way',
    ),
    getJobScheduler: same(RUN_LIMIT),
    getJobSchedulers: same(LISTED_SCHEDULERS),
    getJobSchedulersCount: same(LISTED_SCHEDULERS),
    removeJobScheduler: same(
      'the current job of a scheduler goes with its scheduler when it is delayed',
    ),
    getDeduplicationJobId: same(DEDUPLICATES),
    getDebounceJobId: same('a queue knows and frees a deduplication id by the earlier names too'),
    removeDeduplicationKey: same(DEDUPLICATION_ENDS),
    removeDebounceKey: same('a queue knows and frees a deduplication id by the earlier names too'),
    remove: same('Job.remove removes a job with its logs and children, and tells of it'),
    updateJobProgress: same(QUEUE_TELLS),
    addJobLog: same('Job.log appends rows, read from any side and in pages'),
    getJobLogs: same('Job.log appends rows, read from any side and in pages'),
    drain: differs(
      'QueueEvents also tell `removed` of each job, so that who waits for one learns of it; the current job of a scheduler stays',
      'Queue.drain removes what waits, with true also what is delayed, and nothing else',
    ),
    clean: differs(
      'leaves active jobs alone, which are taken over by themselves; QueueEvents also tell `removed`',
      'Queue.clean removes jobs that are %s',
    ),
    obliterate: same('Queue.obliterate leaves nothing of a queue, which then begins anew'),
    retryJobs: differs(
      'a job keeps its priority',
      'a queue retries all that ended in a state, their attempts kept',
    ),
    promoteJobs: differs(
      'a job keeps its priority, and its `delay` is 0 then, as after `promote`',
      'a queue promotes all that is delayed',
    ),
    trimEvents: differs(
      'keeps exactly so many',
      'a queue trims its events to a number and tells how many went',
    ),
    removeOrphanedJobs: differs(
      'always 0: a job and its state go in one transaction',
      'a queue has nothing that is orphaned or deprecated',
    ),
    removeDeprecatedPriorityKey: differs(
      'always 0: there is no such key',
      'a queue has nothing that is orphaned or deprecated',
    ),
    getJob: same('Queue.add adds a job of a taken id only once, and leaves the first as it is'),
    getJobState: same(STATES),
    count: same(COUNTED),
    getJobCounts: same(COUNTED),
    getJobCountByTypes: same(COUNTED),
    getCompletedCount: same(COUNTED),
    getFailedCount: same(COUNTED),
    getDelayedCount: same('a queue counts delayed jobs that are due before a time'),
    getActiveCount: same(COUNTED),
    getPrioritizedCount: same(COUNTED),
    getWaitingCount: same(COUNTED),
    getWaitingChildrenCount: same(COUNTED),
    getCountsPerPriority: same('a queue counts what waits by priority'),
    getWaiting: same(LISTED),
    getWaitingChildren: same(LISTED),
    getActive: same(LISTED),
    getDelayed: same(LISTED),
    getPrioritized: same(LISTED),
    getCompleted: same('the getters of a queue list finished jobs newest first'),
    getFailed: same(LISTED),
    getJobs: same('the getters of a queue list from %s to %s, ascending %s'),
    getRanges: same('a queue lists ids in ranges by state'),
    getDependencies: differs(
      'in order of key; jobs in the form of `asJSON`',
      'a queue pages through the children of a job by what became of them',
    ),
    getWorkers: differs(
      '`addr` is host and process',
      'a queue lists its workers and those who listen to it',
    ),
    getWorkersCount: same('a queue lists its workers and those who listen to it'),
    getQueueEvents: same('a queue lists its workers and those who listen to it'),
    getMetrics: differs(
      'zeros after a gap longer than `maxDataPoints`, where BullMQ moves the last count to the oldest minute kept',
      MINUTES,
    ),
    recordJobCountsMetric: same(METERED),
    exportPrometheusMetrics: same(
      'exportPrometheusMetrics tells of jobs by state, and of all that were completed and failed',
    ),
  },

  Worker: {
    constructor: differs(
      'the last argument, a backend factory, is one of this library’s',
      'a backend factory is asked by each class, and may hand out the backend of another instance',
    ),
    'static RateLimitError': same(
      'RateLimitError puts the job back and lets nobody fetch until the limit ends',
    ),
    ...instance,
    ...emitter,
    id: same('a worker has an id of its own'),
    concurrency: same('concurrency is never exceeded, and may be changed while jobs run'),
    run: same('Worker.pause ends run(), and resume() begins again, also what never ran'),
    isRunning: same('Worker.pause ends run(), and resume() begins again, also what never ran'),
    pause: same('Worker.pause waits for running jobs, and fetches nothing until resumed'),
    resume: same('Worker.pause ends run(), and resume() begins again, also what never ran'),
    isPaused: same('Worker.pause can leave running jobs alone'),
    close: same('Worker.close waits for running jobs and stores their results'),
    getNextJob: same('Worker.getNextJob fetches by hand under a token of the caller'),
    extendJobLocks: same('Worker.getNextJob fetches by hand under a token of the caller'),
    cancelJob: same('Worker asks a running processor to stop by its signal'),
    cancelAllJobs: same('Worker asks a running processor to stop by its signal'),
    rateLimit: differs('as `queue.rateLimit`', 'a worker limits the rate of its queue'),
    startStalledCheckTimer: same(
      'a worker without a processor looks for locks that ran out when told to',
    ),
    jobScheduler: same('a worker has the schedulers of its queue'),
    processJob: notHere(
      'an inner part of BullMQ: its run loop; `callProcessJob`, which tracing tools wrap, is here',
    ),
    delay: notHere('an inner part of BullMQ: its own tests replace it'),
    minimumBlockTimeout: notHere('of a blocking command of Redis; workers are notified'),
    maximumBlockTimeout: notHere('of a blocking command of Redis; workers are notified'),
  },

  Job: {
    constructor: differs('for `queue.add` and its kin: it stores nothing', SHAPE),
    'static create': same('a job is created, one or many, by its class'),
    'static createBulk': same('a job is created, one or many, by its class'),
    'static fromId': same('a job is created, one or many, by its class'),
    'static fromJSON': same('a job is made of what moveToCompleted returned'),
    'static optsFromJSON': same('a job has its options from the text in which they are stored'),
    'static addJobLog': same('a job is created, one or many, by its class'),
    id: same(STORED),
    name: same(STORED),
    data: same('Queue.add stores %s'),
    opts: same(STORED),
    progress: same(STORED),
    returnvalue: same('Worker stores results of every JSON type, and undefined as null'),
    stacktrace: same('attempts keep a stack trace of each try, and the last reason'),
    delay: same(
      'the delay of a job is what it was given last, as long as it is delayed or waits for its children',
    ),
    priority: same('Queue.add puts delayed, prioritized and plain jobs into their states'),
    timestamp: same('Queue.add keeps the time of creation that the caller gives'),
    attemptsStarted: same(
      'a job of steps counts starts and attempts as it is delayed, refused, moved to wait and completed',
    ),
    attemptsMade: same(
      'a job of steps counts starts and attempts as it is delayed, refused, moved to wait and completed',
    ),
    stalledCounter: same(
      'a worker that is silent leaves them to those who look for stalled jobs of its queue, by whose limit they are judged',
    ),
    failedReason: same('Worker tells of a failed job, and stores why'),
    deferredFailure: same(
      'a child that fails for good fails its parent with failParentOnFailure, and the parent its own',
    ),
    finishedOn: same(WORKER_TELLS),
    processedOn: same(WORKER_TELLS),
    processedBy: same(WORKER_TELLS),
    parentKey: same('Job.toJSON and asJSON name the parent of a child'),
    parent: same('Job.toJSON and asJSON name the parent of a child'),
    deduplicationId: same(DEDUPLICATES),
    repeatJobKey: same(INTERVAL),
    token: differs(
      'one for each run, never again, so that a stale run can pass for no later one',
      'a job keeps its token from those who only read it',
    ),
    queueName: same(SHAPE),
    queueQualifiedName: same(STORED),
    prefix: same(SHAPE),
    toJSON: same(STORED),
    asJSON: differs('also `processedBy`; `failedReason` as plain text', STORED),
    asJSONSandbox: differs(
      'also `delay` and `priority`, for processors in files',
      'a job goes into another process with the names of its queue',
    ),
    updateData: same(
      'Job.updateData and updateProgress store the last of many that are under way, and tell of progress',
    ),
    updateProgress: same(
      'Job.updateData and updateProgress store the last of many that are under way, and tell of progress',
    ),
    log: same('Job.log appends rows, read from any side and in pages'),
    clearLogs: same('Job.log appends rows, read from any side and in pages'),
    remove: same('Job.remove removes nothing when the job or a child is active'),
    removeUnprocessedChildren: differs(
      'a child with somebody active beneath it stays whole, where BullMQ leaves the active one without its parent',
      'removing unprocessed children leaves what has finished beneath them, with its result',
    ),
    removeChildDependency: same('a job is detached from its parent once'),
    removeDeduplicationKey: same(DEDUPLICATION_ENDS),
    extendLock: same('Worker.getNextJob fetches by hand under a token of the caller'),
    moveToCompleted: differs(
      '`[]` also where BullMQ returns nothing; the rate limit and delay in it are 0',
      'a job is made of what moveToCompleted returned',
    ),
    moveToFailed: differs(
      '`[]` also where BullMQ returns nothing',
      'Worker.getNextJob fetches by hand under a token of the caller',
    ),
    moveToWait: differs(
      'keeps its priority: to the head of its equals',
      'a job of steps goes back to the head of the queue',
    ),
    moveToDelayed: same('a job of steps is delayed until its time, not counted as failed'),
    moveToWaitingChildren: same(
      'moveToWaitingChildren waits for children that were added at run time, then has their values',
    ),
    isCompleted: same(STATES),
    isFailed: same(STATES),
    isDelayed: same(STATES),
    isWaitingChildren: same(STATES),
    isActive: same(STATES),
    isWaiting: same(STATES),
    getState: same(STATES),
    changeDelay: same('Job.promote and changeDelay are for delayed jobs alone'),
    changePriority: differs(
      'refuses what is no priority, as `add` does',
      'Job.changePriority moves a job to the back of its new class, or to its front',
    ),
    promote: differs(
      'a job that is missing is told so (-1), where BullMQ says that it is not delayed (-3)',
      'Job.promote and changeDelay are for delayed jobs alone',
    ),
    retry: same('Job.retry lets a failed job run again, its counters kept unless reset'),
    getChildrenValues: same('FlowProducer.add gives a parent the values of its children by key'),
    getIgnoredChildrenFailures: same(
      'a child that fails for good is ignored with ignoreDependencyOnFailure once all others are done',
    ),
    getFailedChildrenValues: same('a job knows why children failed that it ignores'),
    getDependencies: same('Job.getDependencies pages through children of the kinds asked for'),
    getDependenciesCount: same(
      'FlowProducer.add counts a child that is completed already at once, others when they are',
    ),
    waitUntilFinished: differs(
      'rejects when the job is removed or the QueueEvents closed, where BullMQ waits for ever',
      'Job.waitUntilFinished resolves to the result, before or after the job has ended',
    ),
    addJob: notHere(INSIDE),
    toFlowEntry: notHere(INSIDE),
  },

  FlowProducer: {
    constructor: FACTORY,
    opts: instance.opts,
    keys: same('a flow producer names keys under its prefix'),
    toKey: same('a flow producer names keys under its prefix'),
    closing: same('a flow producer adds nothing once it is closing'),
    getBackend: instance.getBackend,
    waitUntilReady: same('a flow producer is ready when its database answers'),
    close: instance.close,
    disconnect: instance.disconnect,
    ...emitter,
    add: differs('all or nothing', 'FlowProducer.add adds all or nothing'),
    addBulk: differs('all or nothing', 'FlowProducer.add adds many trees at once, in their order'),
    getFlow: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
  },

  QueueEvents: {
    constructor: FACTORY,
    ...instance,
    ...emitter,
    run: same('QueueEvents refuses to run twice'),
  },

  QueueEventsProducer: {
    constructor: FACTORY,
    ...instance,
    emit: emitter.emit,
    publishEvent: differs(
      'values keep their types; in BullMQ they become texts',
      'QueueEventsProducer publishes events of the application with their fields',
    ),
  },

  QueueBase: like('QueueEventsProducer'),
  QueueGetters: like('Queue'),
  JobScheduler: {
    constructor: differs('makes its own backend', SCHEDULER),
    upsertJobScheduler: differs(
      'every call replaces: `override` and `producerId` are BullMQ’s inner business',
      SCHEDULER,
    ),
    removeJobScheduler: same(SCHEDULER),
    isJobScheduler: same(SCHEDULER),
    getScheduler: same(SCHEDULER),
    getJobSchedulers: same(SCHEDULER),
    getSchedulersCount: same(SCHEDULER),
    toKey: instance.toKey,
    keys: instance.keys,
    closing: same('JobScheduler is closed with its queue, and cannot be had from a closed one'),
    backend: instance.backend,
    qualifiedName: instance.qualifiedName,
    name: same(SHAPE),
    opts: instance.opts,
    waitUntilReady: instance.waitUntilReady,
    getBackend: instance.getBackend,
    emit: emitter.emit,
    close: same('JobScheduler is closed with its queue, and cannot be had from a closed one'),
    disconnect: instance.disconnect,
    trace: same('a scheduler is upserted in a span, which all of its jobs carry'),
  },

  // Options

  QueueOptions: {
    ...connectionOptions,
    defaultJobOptions: same(DEFAULTS),
    streams: differs(
      'stays as it is when an instance says nothing of it; `events.log` keeps events while nobody listens',
      'streams.events.maxLen is how many events are kept, and stands in the settings of the queue',
    ),
    skipMetasUpdate: differs(`${TOLERATED}nothing is written`),
    settings: same(STRATEGY),
    telemetry: same(SPANS),
  },
  QueueBaseOptions: { ...baseOptions, telemetry: same(SPANS) },
  KeyPrefixOptions: { prefix: connectionOptions.prefix },
  QueueEventsOptions: {
    ...connectionOptions,
    autorun: same('QueueEvents refuses to run twice'),
    lastEventId: same('lastEventId names a place from which every reader goes on alike'),
    blockingTimeout: differs(`${TOLERATED}nothing blocks`),
  },
  QueueEventsProducerOptions: connectionOptions,
  FlowProducerOptions: {
    ...connectionOptions,
    telemetry: same('a flow is a span with one for each node, which the node carries'),
  },
  WorkerOptions: {
    ...connectionOptions,
    name: same(WORKER_TELLS),
    autorun: same('Worker.close resolves run() of a worker that was started by hand'),
    concurrency: same('concurrency is never exceeded, and may be changed while jobs run'),
    limiter: same(RATE),
    maximumRateLimitDelay: differs(
      `${TOLERATED}delayed jobs come due and limits end also while a worker waits`,
    ),
    metrics: same(
      'a worker with metrics counts jobs that are completed and that fail for good, not their tries',
    ),
    maxStartedAttempts: same('a worker tries a job no more that was started as often as allowed'),
    maxStalledCount: same('a job that was taken over too often fails at its next run'),
    stalledInterval: differs(
      'an upper limit: there is a look every 500 ms',
      'resolveWorkerOptions refuses %j',
    ),
    removeOnComplete: same('retention of the worker holds for jobs without a wish of their own'),
    removeOnFail: same('retention of the worker holds for jobs without a wish of their own'),
    skipStalledCheck: same('a worker leaves locks that ran out to others when told to'),
    skipLockRenewal: same(
      'a worker lets the lock of a job run out when it is told not to renew it',
    ),
    drainDelay: differs(
      'only for `getNextJob`; workers are notified',
      'Worker.getNextJob waits for a job that comes later',
    ),
    lockDuration: differs(
      'a lease of the process: jobs of one that is gone are taken over in about two seconds',
      'a worker that is silent keeps its jobs until its lease has run out',
    ),
    lockRenewTime: differs(
      'an upper limit: the lease is renewed every 500 ms; `locksRenewed` comes as often as this says',
      'a worker tells which jobs it holds when it renews its locks, as often as it is told to',
    ),
    runRetryDelay: differs(
      'default one second, not 15; for the first connection: one that is lost is tried again after 0.1 to 5 s',
      'a worker connects again after the time given, until it is closed',
    ),
    settings: same('backoff asks the strategy of the worker, which may refuse to go on'),
    useWorkerThreads: same(SANDBOX_OPTIONS),
    workerForkOptions: same(SANDBOX_OPTIONS),
    workerThreadsOptions: same(SANDBOX_OPTIONS),
    telemetry: same(RUN_SPAN),
  },
  GetNextJobOptions: {
    block: same('Worker.getNextJob fetches by hand under a token of the caller'),
  },
  ObliterateOpts: {
    force: same('Queue.obliterate refuses while jobs are active, unless forced'),
    count: same('Queue.obliterate leaves nothing of a queue, which then begins anew'),
  },
  DefaultJobOptions: defaultJobOptions,
  BaseJobOptions: jobOptions,
  JobsOptions: { ...jobOptions, ...childOptions },
  BulkJobOptions: like('JobsOptions'),
  CompressableJobOptions: like('JobsOptions'),
  JobSchedulerJobOptions: like('JobsOptions'),
  JobSchedulerTemplateOptions: like('JobsOptions'),
  BackoffOptions: {
    type: same('backoff of type exponential doubles each time'),
    delay: same('backoff of a number or of type fixed waits as long each time'),
    jitter: same('backoffDelay varies by the jitter, downwards only'),
  },
  KeepJobs: {
    age: same('retention by age removes what finished before, at most so many at once'),
    count: differs(
      'of more than 1,000, up to about a tenth more are kept for a while',
      'retention by a large count keeps a few more, for it is not looked at each time',
    ),
    limit: same('retention by age removes what finished before, at most so many at once'),
  },
  ParentOptions: {
    id: same('Queue.add refuses an unknown parent with its key'),
    queue: same('Queue.add refuses an unknown parent with its key'),
  },
  RetryOptions: {
    resetAttemptsMade: same(
      'Job.retry lets a failed job run again, its counters kept unless reset',
    ),
    resetAttemptsStarted: same(
      'Job.retry lets a failed job run again, its counters kept unless reset',
    ),
  },
  MoveToWaitingChildrenOpts: {
    child: same('moveToWaitingChildren can wait for one child alone'),
  },
  DependenciesOpts: {
    processed: same('Job.getDependencies pages through children of the kinds asked for'),
    unprocessed: same('Job.getDependencies pages through children of the kinds asked for'),
    failed: same('Job.getDependencies pages through children of the kinds asked for'),
    ignored: same('Job.getDependencies pages through children of the kinds asked for'),
  },
  DependencyOpts: {
    cursor: same('Job.getDependencies pages through children of the kinds asked for'),
    count: same('Job.getDependencies pages through children of the kinds asked for'),
  },
  AdvancedOptions: {
    backoffStrategy: same('backoff asks the strategy of the worker, which may refuse to go on'),
    repeatStrategy: same(STRATEGY),
    repeatKeyHashAlgorithm: differs(`${TOLERATED}${LEGACY}, how their keys were hashed`),
  },
  AdvancedRepeatOptions: {
    repeatStrategy: same(STRATEGY),
    repeatKeyHashAlgorithm: differs(`${TOLERATED}${LEGACY}, how their keys were hashed`),
  },
  RepeatBaseOptions: like('QueueOptions'),
  RepeatOptions: {
    endDate: differs(
      'no job runs after it; in BullMQ one more may with `every`',
      'a scheduler at work makes no job after its end',
    ),
    startDate: same(OFFSET),
    pattern: same(PATTERN),
    key: differs(`${TOLERATED}${LEGACY}; a scheduler has its id`),
    limit: differs('one below 0 is refused', RUN_LIMIT),
    every: differs('one below 1 or that is no number is refused', INTERVAL),
    immediately: differs(
      'with `every` without effect, told by a warning of the process, not of the console',
      IMMEDIATELY,
    ),
    count: same('advance_scheduler counts the iterations, in all and since the last upsert'),
    offset: differs('kept by an upsert when no job is pending; BullMQ may lose it', OFFSET),
    prevMillis: differs('set by BullMQ alone, on `job.opts`, where it is here too'),
    jobId: differs(`${TOLERATED}${LEGACY}; the jobs of a scheduler have ids of its own`),
    tz: same(PATTERN),
  },
  RepeatableOptions: notHere(LEGACY),
  RepeatStrategy: same(STRATEGY),
  DeduplicationOptions: {
    id: same(DEDUPLICATES),
    ttl: same('deduplication with a ttl lasts so long, also after the job has completed'),
    extend: same(
      'deduplication with a ttl begins anew with each dropped job with extend, and not without',
    ),
    replace: same('deduplication with replace lets a delayed job give way to the new one'),
    reschedule: same(
      'deduplication with reschedule gives a delayed job the delay of the one that is dropped',
    ),
    keepLastIfActive: same(
      'deduplication with keepLastIfActive keeps the last job added while another is active, and adds it when that has ended',
    ),
  },
  RateLimiterOptions: {
    max: same(RATE),
    duration: same('limiter lets the next window begin by itself'),
  },
  MetricsOptions: {
    maxDataPoints: differs(
      'default one week',
      'getMetrics keeps the last minutes that the worker wants, and counts all',
    ),
  },
  SandboxedOptions: {
    useWorkerThreads: same(SANDBOX_OPTIONS),
    workerForkOptions: same(SANDBOX_OPTIONS),
    workerThreadsOptions: same(SANDBOX_OPTIONS),
  },

  // Flows

  FlowJob: {
    name: same(
      'FlowProducer.add runs children before parents, in trees of any depth, over queues and prefixes',
    ),
    queueName: same(
      'FlowProducer.add runs children before parents, in trees of any depth, over queues and prefixes',
    ),
    data: same(
      'FlowProducer.add makes random ids, takes those given, and default options only as given for queues',
    ),
    prefix: same(
      'FlowProducer.add runs children before parents, in trees of any depth, over queues and prefixes',
    ),
    opts: same(
      'FlowProducer.add makes random ids, takes those given, and default options only as given for queues',
    ),
    children: same(
      'FlowProducer.add runs children before parents, in trees of any depth, over queues and prefixes',
    ),
  },
  FlowJobBase: like('FlowJob'),
  FlowJobNode: like('FlowJob'),
  FlowNestedLeafJob: like('FlowJob'),
  FlowParentJob: like('FlowJob'),
  FlowRootLeafJob: like('FlowJob'),
  FlowRootParentJob: like('FlowJob'),
  FlowQueuesOpts: like('FlowOpts'),
  FlowJobEntry: notHere(INSIDE),
  AddNodeOpts: notHere(INSIDE),
  AddChildrenOpts: notHere(INSIDE),
  FlowOpts: {
    queuesOptions: same(
      'FlowProducer.add makes random ids, takes those given, and default options only as given for queues',
    ),
  },
  NodeOpts: {
    id: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
    queueName: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
    prefix: same('FlowProducer.getFlow finds children under prefixes and ids with colons'),
    depth: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
    maxChildren: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
  },
  JobNode: {
    job: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
    children: same(
      'FlowProducer.getFlow finds a tree with children of every outcome, as deep and wide as asked',
    ),
  },

  // Events

  QueueListener: {
    cleaned: same('Queue.clean removes jobs that are %s'),
    error: same(
      'an unreachable database is told as an error event, and does not keep instances from closing',
    ),
    paused: same(QUEUE_TELLS),
    progress: same(QUEUE_TELLS),
    removed: same(QUEUE_TELLS),
    resumed: same(QUEUE_TELLS),
    waiting: same(
      'Queue.add tells its own listeners of every add, also of a delayed or duplicate one',
    ),
    'ioredis:close': differs(NO_REDIS_EVENT),
  },
  WorkerListener: {
    active: same(WORKER_TELLS),
    completed: differs(
      BEHIND_OTHERS,
      'a worker with one slot tells what became of a job before it starts the next',
    ),
    failed: differs(
      BEHIND_OTHERS,
      'a worker with many slots tells that a try has failed before it starts the next one',
    ),
    progress: same('a worker tells its own listeners what it does'),
    stalled: same('a worker without a processor looks for locks that ran out when told to'),
    drained: same('a worker tells its own listeners what it does'),
    error: same('Worker goes on when a listener throws, and tells of it'),
    paused: same('a worker tells its own listeners what it does'),
    resumed: same('a worker tells its own listeners what it does'),
    ready: same('a worker tells its own listeners what it does'),
    closing: same('a worker tells its own listeners what it does'),
    closed: same('a worker tells its own listeners what it does'),
    lockRenewalFailed: differs(
      'when the lease of the process ran out, for all that runs in it',
      'a worker tells which jobs it may have lost when its lease ran out',
    ),
    locksRenewed: differs(
      'of all jobs that run, not only of those whose time has come',
      'a worker tells which jobs it holds when it renews its locks, as often as it is told to',
    ),
    'ioredis:close': differs(NO_REDIS_EVENT),
  },
  FlowProducerListener: {
    error: same(LISTENERS),
    'ioredis:close': differs(NO_REDIS_EVENT),
  },
  IoredisListener: differs(NO_REDIS_EVENT),
  QueueEventsListener: {
    active: same(QE_COMPLETES),
    added: same(QE_COMPLETES),
    cleaned: same(QE_QUEUE),
    completed: same(QE_COMPLETES),
    deduplicated: same('QueueEvents tell deduplication: what was dropped for what'),
    delayed: same(QE_DELAYED),
    drained: same(QE_COMPLETES),
    duplicated: same(QE_QUEUE),
    error: same(
      'an unreachable database is told as an error event, and does not keep instances from closing',
    ),
    failed: same(QE_FAILS),
    paused: same(QE_QUEUE),
    progress: same(QE_COMPLETES),
    removed: same(QE_DELAYED),
    resumed: same(QE_QUEUE),
    'retries-exhausted': same(QE_FAILS),
    stalled: same('a worker without a processor looks for locks that ran out when told to'),
    waiting: same(QE_COMPLETES),
    'waiting-children': same(QE_FLOWS),
    'ioredis:close': differs(NO_REDIS_EVENT),
  },

  // Records

  JobJson: jobJson,
  JobJsonSandbox: {
    ...jobJson,
    queueName: same('a job goes into another process with the names of its queue'),
    queueQualifiedName: same('a job goes into another process with the names of its queue'),
    prefix: same('a job goes into another process with the names of its queue'),
  },
  ParentKeys: {
    id: same('Job.toJSON and asJSON name the parent of a child'),
    queueKey: same('Job.toJSON and asJSON name the parent of a child'),
    fpof: same('a child with %s is marked with it'),
    rdof: same('a child with %s is marked with it'),
    idof: same('a child with %s is marked with it'),
    cpof: same('a child with %s is marked with it'),
  },
  Parent: differs('a type alone: nothing takes it', USERS_CODE),
  ParentKeyOpts: differs('a type alone: nothing takes it', USERS_CODE),
  QueueMeta: {
    version: differs('the version is `tuskmq:…`', 'a queue tells its settings and its version'),
    maxLenEvents: same('a queue tells its settings and its version'),
    paused: same('a queue tells its settings and its version'),
    concurrency: same('a queue tells its global limits among its settings'),
    max: same('a queue tells its global limits among its settings'),
    duration: same('a queue tells its global limits among its settings'),
  },
  Metrics: {
    meta: same(MINUTES),
    data: same(MINUTES),
    count: same(MINUTES),
  },
  JobSchedulerJson: {
    key: same(INTERVAL),
    name: same(INTERVAL),
    id: differs(`never set: ${LEGACY}`),
    iterationCount: same(RUN_LIMIT),
    limit: same(RUN_LIMIT),
    startDate: same(PATTERN),
    endDate: same(PATTERN),
    tz: same(PATTERN),
    pattern: same(PATTERN),
    every: same(INTERVAL),
    next: same(LISTED_SCHEDULERS),
    offset: same(OFFSET),
    template: same(INTERVAL),
  },
  JobSchedulerTemplateJson: {
    data: same(INTERVAL),
    opts: same(INTERVAL),
  },
  SandboxedJob: {
    data: same(SANDBOXED),
    opts: same(SANDBOXED),
    queueQualifiedName: same(SANDBOXED),
    moveToDelayed: same('a processor in a file, in %s moves its job to run again: %s'),
    moveToWait: same('a processor in a file, in %s moves its job to run again: %s'),
    moveToWaitingChildren: same(
      'a processor in a file, in %s moves its job to waiting-children when one is pending, and on when none is',
    ),
    log: differs(
      'resolves when it is done, and rejects when it is refused; in BullMQ when it is sent',
      SANDBOX_CHANGES,
    ),
    updateData: differs(
      'resolves when it is done, and rejects when it is refused; in BullMQ when it is sent',
      SANDBOX_CHANGES,
    ),
    updateProgress: differs(
      'resolves when it is done, and rejects when it is refused; in BullMQ when it is sent',
      SANDBOX_CHANGES,
    ),
    getChildrenValues: same(
      'a processor in a file, in %s moves its job to wait for its children, and reads what became of them',
    ),
    getIgnoredChildrenFailures: same(
      'a processor in a file, in %s moves its job to wait for its children, and reads what became of them',
    ),
    getDependenciesCount: same(
      'a processor in a file, in %s moves its job to wait for its children, and reads what became of them',
    ),
    returnValue: same(SANDBOXED),
    repeatJobKey: same(NAMED),
    parent: same('a job goes into another process with the names of its queue'),
    timestamp: same('a job goes into another process with the names of its queue'),
    priority: same(SANDBOXED),
    delay: same('a job goes into another process with the names of its queue'),
    prefix: same(SANDBOXED),
    id: same(SANDBOXED),
    name: same(SANDBOXED),
    progress: same(SANDBOXED),
    attemptsMade: same(SANDBOXED),
    attemptsStarted: same(SANDBOXED),
    finishedOn: same('a job goes into another process with the names of its queue'),
    processedOn: same('a job goes into another process with the names of its queue'),
    failedReason: same('a job goes into another process with the names of its queue'),
    stacktrace: same('a job goes into another process with the names of its queue'),
    parentKey: same('a job goes into another process with the names of its queue'),
    debounceId: notHere(UNSET),
    deduplicationId: same(NAMED),
    deferredFailure: same('a job goes into another process with the names of its queue'),
    processedBy: same('a job goes into another process with the names of its queue'),
    stalledCounter: same('a job goes into another process with the names of its queue'),
    queueName: same(SANDBOXED),
  },
  SandboxedJobProcessor: differs(
    'gets a token and a signal; a callback as second parameter, which BullMQ types, it does not call either',
    SANDBOXED,
  ),

  // Words

  JobState: same(STATES),
  JobType: differs('`repeat` is the state of nothing', STATES),
  FinishedStatus: same(USERS_CODE),
  FinishedPropValAttribute: notHere(INSIDE),
  JobProgress: same(USERS_CODE),
  Processor: same(USERS_CODE),
  BackoffStrategy: same(USERS_CODE),
  ConnectionOptions: CONNECTION,
  KeysMap: same('a queue names its keys under its prefix'),
  QueueKeys: {
    constructor: same('a queue names its keys under its prefix'),
    prefix: same('a queue names its keys under its prefix'),
    getKeys: same('a queue names its keys under its prefix'),
    toKey: same('a queue names its keys under its prefix'),
    getQueueQualifiedName: same('a queue names its keys under its prefix'),
  },
  BackendFactory: differs(
    'makes a backend of this library',
    'a backend factory is asked by each class, and may hand out the backend of another instance',
  ),
  BackendClasses: {
    Queue: same('a backend factory is bound to all classes by withBackend'),
    Worker: same('a backend factory is bound to all classes by withBackend'),
    QueueEvents: same('a backend factory is bound to all classes by withBackend'),
    QueueEventsProducer: same('a backend factory is bound to all classes by withBackend'),
    FlowProducer: same('a backend factory is bound to all classes by withBackend'),
  },
  MinimalQueue: differs(
    'what a job needs of its queue here; a Queue, a Worker and a QueueEvents are one',
    USERS_CODE,
  ),
  MinimalJob: like('Job'),

  // Values

  withBackend: same('a backend factory is bound to all classes by withBackend'),
  createPostgresBackend: differs(
    'makes a backend of this library',
    'a backend factory is asked by each class, and may hand out the backend of another instance',
  ),
  createRedisBackend: differs(
    'throws: there is no Redis',
    'a backend factory for Redis says that there is none',
  ),
  setDefaultBackendFactory: same('a backend factory may be set for all instances of the process'),
  getDefaultBackendFactory: same('a backend factory may be set for all instances of the process'),
  runMigrations: differs(
    'the same as `migrate`: takes options, not a pool',
    'values that BullMQ exports do their work: migrations, data, ids',
  ),
  removeAllQueueData: differs(
    'takes a connection, not a client',
    'values that BullMQ exports do their work: migrations, data, ids',
  ),
  randomUUID: same('values that BullMQ exports do their work: migrations, data, ids'),
  Backoffs: differs(
    '`calculate` always resolves, and there are no `builtinStrategies`',
    'values that BullMQ exports do their work: migrations, data, ids',
  ),
  PRIORITY_LIMIT: same(ENUMS),
  DELAYED_ERROR: same(ENUMS),
  WAITING_ERROR: same(ENUMS),
  WAITING_CHILDREN_ERROR: same(ENUMS),
  RATE_LIMIT_ERROR: same(ENUMS),
  UNRECOVERABLE_ERROR: same(ENUMS),
  CONNECTION_CLOSED_ERROR_MSG: same(ENUMS),
  ErrorCode: same(ENUMS),
  MetricsTime: same(ENUMS),
  TelemetryAttributes: same(ENUMS),
  MetricNames: same(ENUMS),
  SpanKind: same(ENUMS),
  ClientType: same(ENUMS),
  ChildCommand: notHere(PROTOCOL),
  ParentCommand: notHere(PROTOCOL),
  DelayedError: same(ERRORS),
  WaitingError: same(ERRORS),
  WaitingChildrenError: same(ERRORS),
  RateLimitError: same(ERRORS),
  UnrecoverableError: same(ERRORS),
  ConnectionClosedError: differs('without a `cause` of its own', ERRORS),
  AsyncFifoQueue: notHere(INSIDE),
  BuiltInStrategies: notHere(INSIDE),
  Child: notHere(INSIDE),
  ChildPool: notHere(INSIDE),
  ChildProcessor: notHere(INSIDE),
  createIORedisClient: notHere(REDIS),
  isIRedisClient: notHere(REDIS),
  createNodeRedisClient: notHere(REDIS),
  NodeRedisCommandArgument: notHere(REDIS),
  NodeRedisRawTransaction: notHere(REDIS),
  NodeRedisRawClient: notHere(REDIS),
  createBunRedisClient: notHere(REDIS),
  RedisCommandArgument: notHere(REDIS),
  BunRedisRawClient: notHere(REDIS),
  createValkeyGlideClient: notHere(REDIS),
  hasLegacyRepeatableKeyShape: notHere(LEGACY),
  getLegacyRepeatableJobError: notHere(LEGACY),
  LEGACY_REPEATABLE_JOBS_MIGRATION_URL: notHere(LEGACY),
  isLegacyRepeatableJobKey: notHere(LEGACY),
  defaultRepeatStrategy: same(
    'defaultRepeatStrategy follows the time zone through the change to summer time and back',
  ),
  getNextMillis: same('getNextMillis aligns every to its multiples'),
  LockManagerOptions: notHere(INSIDE),
  LockManager: notHere(INSIDE),
  RawCommand: notHere(REDIS),
  RedisConnection: notHere(REDIS),
  raw2NextJobData: notHere(REDIS),
  JobData: notHere(REDIS),
  RedisQueueBackend: notHere(REDIS),
  RELAY_MINIMUM_REDIS_VERSION: notHere(RELAY),
  RELAY_LAYOUT_VERSION: notHere(RELAY),
  RedisRelayBackend: notHere(RELAY),
  createRedisRelayBackend: notHere(RELAY),
  RelayOptions: notHere(RELAY),
  RelayMessage: notHere(RELAY),
  RelayListener: notHere(RELAY),
  RelayPublishOpts: notHere(RELAY),
  RelaySubscription: notHere(RELAY),
  Relay: notHere(RELAY),
  checkRelayResult: notHere(RELAY),
  RelayErrorCode: notHere(RELAY),
  RelayError: notHere(RELAY),
  ChildMessage: notHere(PROTOCOL),
  RedisClient: differs('a type alone: there is no such connection', USERS_CODE),
  IConnection: differs('a type alone: there is no such connection', USERS_CODE),
  LockManagerWorkerContext: notHere(INSIDE),
  MoveToDelayedOpts: differs('a type alone: nothing takes it', USERS_CODE),
  RetryJobOpts: differs('a type alone: nothing takes it', USERS_CODE),
  ParentMessage: notHere(PROTOCOL),
  IQueueBackend: notHere(INSIDE),
  RelayInboxEntry: notHere(RELAY),
  RelayInboxBatch: notHere(RELAY),
  RelayRetainedMessage: notHere(RELAY),
  RelaySubscribeResult: notHere(RELAY),
  RelayPublishOptions: notHere(RELAY),
  RelayPublishResult: notHere(RELAY),
  RelayNodeInfo: notHere(RELAY),
  RelayNodeState: notHere(RELAY),
  RelaySubscriptionState: notHere(RELAY),
  RelaySubscriptionFilter: notHere(RELAY),
  RelayPatternState: notHere(RELAY),
  RelayRetainedState: notHere(RELAY),
  RelayNodeConnection: notHere(RELAY),
  RelayCounts: notHere(RELAY),
  IRelayBackend: notHere(RELAY),
  RelayBackendOptions: notHere(RELAY),
  RelayBackendFactory: notHere(RELAY),
  RedisKeyPrefixOptions: notHere(REDIS),
  IRedisClient: notHere(REDIS),
  IRedisTransaction: notHere(REDIS),
  BaseOptions: differs('what every class takes; in BullMQ options of a Redis client', USERS_CODE),
  RedisOptions: differs('tolerated as a connection, which stands for the default one', USERS_CODE),
  ClusterOptions: notHere(REDIS),
  RedisConnectionClient: notHere(REDIS),
  StreamName: notHere(REDIS),
  EntryId: notHere(REDIS),
  EntryRaw: notHere(REDIS),
  StreamReadRaw: notHere(REDIS),
  ScriptQueueContext: notHere(REDIS),
  Telemetry: {
    tracer: same(TRACED),
    contextManager: same(TRACED),
    meter: same('the meter may be missing'),
  },
  Meter: {
    createCounter: same(RUNS_METERED),
    createHistogram: same(RUNS_METERED),
    createGauge: same(METERED),
  },
  MetricOptions: {
    description: same(RUNS_METERED),
    unit: same(RUNS_METERED),
  },
  Counter: {
    add: same(RUNS_METERED),
  },
  Histogram: {
    record: same(RUNS_METERED),
  },
  Gauge: {
    record: same(METERED),
  },
  ContextManager: {
    with: same(TRACED),
    active: same(TRACED),
    root: same(TRACED),
    getMetadata: same(TRACED),
    fromMetadata: same(TRACED),
  },
  Tracer: {
    startSpan: same(TRACED),
  },
  SpanOptions: {
    kind: same(TRACED),
  },
  Span: {
    setSpanOnContext: same(TRACED),
    setAttribute: same(TRACED),
    setAttributes: same(TRACED),
    addEvent: same(TRACED),
    recordException: same(TRACED),
    end: same(TRACED),
  },
  Attributes: same(SPANS),
  AttributeValue: same(SPANS),
  Exception: same(USERS_CODE),
  ExceptionType: {
    code: same(USERS_CODE),
    name: same(USERS_CODE),
    message: same(USERS_CODE),
    stack: same(USERS_CODE),
  },
  Time: same(USERS_CODE),
  Receiver: notHere(PROTOCOL),
  DatabaseType: notHere(REDIS),
  tryCatch: differs('what it returns for an error is not `errorObject`', HELPS),
  lengthInUtf8Bytes: same(HELPS),
  isEmpty: same(HELPS),
  array2obj: same(HELPS),
  objectToFlatArray: same(HELPS),
  delay: same(HELPS),
  forwardConnectionError: notHere(INSIDE),
  increaseMaxListeners: same(HELPS),
  invertObject: notHere(INSIDE),
  isRedisInstance: same(HELPS),
  isRedisCluster: notHere(REDIS),
  decreaseMaxListeners: notHere(INSIDE),
  getParentKey: same(HELPS),
  isNotConnectionError: same(HELPS),
  removeUndefinedFields: same(HELPS),
  trace: notHere(INSIDE),
  withDetachedContext: notHere(INSIDE),
  errorObject: notHere(INSIDE),
  optsDecodeMap: same(ENUMS),
  optsEncodeMap: notHere(INSIDE),
  clientCommandMessageReg: notHere(REDIS),
  DELAY_TIME_5: same(ENUMS),
  DELAY_TIME_1: same(ENUMS),
  asyncSend: notHere(PROTOCOL),
  childSend: notHere(PROTOCOL),
  isRedisVersionLowerThan: same(HELPS),
  parseObjectValues: same(HELPS),
  errorToJSON: same(HELPS),
  toString: notHere(INSIDE),
  QUEUE_EVENT_SUFFIX: same(ENUMS),
  PostgresConnection: notHere(POSTGRES),
  PostgresConnectionOptions: notHere(POSTGRES),
  PostgresPoolConfig: notHere(POSTGRES),
  PostgresQueueBackend: notHere(POSTGRES),
  PostgresRelayBackend: notHere(RELAY),
  createPostgresRelayBackend: notHere(RELAY),
  assertSchemaCompatibility: notHere(POSTGRES),
  SchemaMigrationRequiredError: notHere(POSTGRES),
  SchemaVersionMismatchError: notHere(POSTGRES),
  UnsupportedPostgresVersionError: notHere(POSTGRES),
  assertPostgresVersion: notHere(POSTGRES),
  MINIMUM_POSTGRES_VERSION: notHere(POSTGRES),
  RECOMMENDED_POSTGRES_VERSION: notHere(POSTGRES),
  BULLMQ_MAJOR_VERSION: notHere(POSTGRES),
  MIGRATION_ADVISORY_LOCK_KEY: notHere(POSTGRES),
  DEFAULT_SCHEMA: notHere(POSTGRES),
  quoteSchemaName: notHere(POSTGRES),
  LATEST_SCHEMA_VERSION: notHere(POSTGRES),
  PgPool: notHere(POSTGRES),
  PgPoolClient: notHere(POSTGRES),
  PgPoolConfig: notHere(POSTGRES),
  PgModule: notHere(POSTGRES),
  PgQueryable: notHere(POSTGRES),
  PgQueryResult: notHere(POSTGRES),
  PgNotification: notHere(POSTGRES),
  isPgPool: notHere(POSTGRES),
};
