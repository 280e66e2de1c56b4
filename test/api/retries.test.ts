import { type Job, type JobsOptions, UnrecoverableError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** Runs one job that always fails until it is failed for good; resolves to it as stored, and to what was heard. */
async function failing(opts: JobsOptions, settings = {}, error = () => new Error('boom')) {
  const queue = on.queue();
  const worker = on.worker(
    queue,
    async () => {
      throw error();
    },
    { settings },
  );
  const heard = record(worker, 'active', 'failed', 'error');
  const { id } = await queue.add('a', {}, opts);
  await until(async () => (await queue.getFailedCount()) === 1);
  await until(() => heard.filter(([event]) => event === 'failed').length > 0);
  return { job: (await queue.getJob(id!))!, heard, queue };
}

const counters = (heard: unknown[][]) =>
  heard.map(([event, job]) => [event, (job as Job).attemptsMade, (job as Job).attemptsStarted]);

describe('attempts', () => {
  test.each([undefined, 0, 1])('of %s are one try', async (attempts) => {
    const { job } = await failing(attempts === undefined ? {} : { attempts });
    expect([job.attemptsMade, job.attemptsStarted]).toEqual([1, 1]);
  });

  test('repeat a failed job at once, at the back of the queue', async () => {
    const queue = on.queue();
    const ran: string[] = [];
    await queue.add('flaky', {}, { attempts: 2 });
    await queue.add('other', {});
    const worker = on.worker(queue, async (job) => {
      ran.push(`${job.name} ${job.attemptsMade} ${job.attemptsStarted}`);
      if (ran.length === 1) throw new Error('once');
    });
    const heard = record(worker, 'failed', 'completed');
    await until(() => heard.length === 3);
    expect(ran).toEqual(['flaky 0 1', 'other 0 1', 'flaky 1 2']);
    const job = await queue.getJob('1');
    expect([job?.attemptsMade, job?.attemptsStarted]).toEqual([2, 2]);
  });

  test('repeat a failed job behind those that fell due while it ran', async () => {
    const queue = on.queue();
    const ran: string[] = [];
    on.worker(queue, async ({ name }) => {
      ran.push(name);
      if (ran.length > 1) return;
      await until(async () => Number((await due())[0]!['n']) === 1);
      throw new Error('no');
    });
    const due = async () =>
      on.sql(
        `select count(*) as n from tuskmq.job_state
         where queue_id = $1 and status = 'delayed' and run_at < statement_timestamp()`,
        [await queue.queueId()],
      );
    await queue.addBulk([
      { name: 'failing', data: {}, opts: { attempts: 2 } },
      { name: 'delayed', data: {}, opts: { delay: 100 } },
    ]);
    await until(() => ran.length === 3);
    expect(ran).toEqual(['failing', 'delayed', 'failing']);
  });

  test('put a lifo job back to the front, a prioritized one into its class', async () => {
    const queue = on.queue();
    const ran: string[] = [];
    await queue.add('lifo', {}, { attempts: 2, lifo: true });
    await queue.add('plain', {});
    await queue.add('p1', {}, { attempts: 2, priority: 1 });
    await queue.add('p2', {}, { priority: 2 });
    on.worker(queue, async (job) => {
      ran.push(job.name);
      if (job.attemptsMade === 0 && job.opts.attempts === 2) throw new Error('once');
    });
    await until(async () => (await queue.getCompletedCount()) === 4);
    expect(ran).toEqual(['lifo', 'lifo', 'plain', 'p1', 'p1', 'p2']);
  });

  test('keep a stack trace of each try, and the last reason', async () => {
    let n = 0;
    const { job } = await failing({ attempts: 3 }, {}, () => new Error(`try ${++n}`));
    expect(job.failedReason).toBe('try 3');
    expect(job.stacktrace!.map((trace) => trace.split('\n')[0])).toEqual([
      'Error: try 1',
      'Error: try 2',
      'Error: try 3',
    ]);
  });

  test.each([
    [0, []],
    [1, ['Error: try 3']],
    [2, ['Error: try 2', 'Error: try 3']],
  ])('keep the last %s stack traces when that is the limit', async (stackTraceLimit, traces) => {
    let n = 0;
    const opts = { attempts: 3, stackTraceLimit };
    const { job } = await failing(opts, {}, () => new Error(`try ${++n}`));
    expect(job.stacktrace!.map((trace) => trace.split('\n')[0])).toEqual(traces);
  });

  test('end at once with an UnrecoverableError, by class, whatever it is called, or by name', async () => {
    class Fatal extends UnrecoverableError {}
    const byName = () => Object.assign(new Error('named'), { name: 'UnrecoverableError' });
    const renamed = () => Object.assign(new Fatal('renamed'), { name: 'Oops' });
    for (const error of [
      () => new UnrecoverableError('never'),
      () => new Fatal('fatal'),
      renamed,
      byName,
    ]) {
      const { job, heard } = await failing({ attempts: 5, backoff: 10 }, {}, error);
      expect(counters(heard)).toEqual([
        ['active', 1, 1],
        ['failed', 1, 1],
      ]);
      expect(job.failedReason).toBe(error().message);
    }
  });
});

describe('backoff', () => {
  /** How long each delayed try waited, as the events tell. */
  async function delaysOf(opts: JobsOptions, settings = {}) {
    const queue = on.queue();
    const events = await on.events(queue);
    const delays: number[] = [];
    let failedAt = 0;
    events.on('delayed', ({ jobId, delay }) => {
      delays.push(delay - failedAt);
      void queue.getJob(jobId).then((job) => job?.promote());
    });
    on.worker(
      queue,
      async () => {
        failedAt = Date.now();
        throw new Error('boom');
      },
      { settings },
    );
    await queue.add('a', {}, opts);
    await until(async () => (await queue.getFailedCount()) === 1);
    return delays.map((delay) => Math.round(delay / 1_000));
  }

  test('of a number or of type fixed waits as long each time', async () => {
    expect(await delaysOf({ attempts: 3, backoff: 9_000 })).toEqual([9, 9]);
    const backoff = { type: 'fixed', delay: 9_000 };
    expect(await delaysOf({ attempts: 3, backoff })).toEqual([9, 9]);
  });

  test('of type exponential doubles each time', async () => {
    const backoff = { type: 'exponential', delay: 10_000 };
    expect(await delaysOf({ attempts: 5, backoff })).toEqual([10, 20, 40, 80]);
  });

  test('asks the strategy of the worker, which may refuse to go on', async () => {
    const calls: unknown[][] = [];
    const settings = {
      backoffStrategy: async (made: number, type: string, error: Error, job: Job) => {
        calls.push([made, type, error.message, job.name]);
        return made < 3 ? made * 7_000 : -1;
      },
    };
    const opts = { attempts: 9, backoff: { type: 'mine' } };
    expect(await delaysOf(opts, settings)).toEqual([7, 14]);
    expect(calls).toEqual([1, 2, 3].map((made) => [made, 'mine', 'boom', 'a']));
  });

  test.each<[string, JobsOptions, object]>([
    ['a strategy', { backoff: { type: 'mine' } }, { backoffStrategy: () => -50 }],
    ['options', { backoff: -5 }, {}],
  ])(
    'that is negative in %s tries again at once, unless it is -1',
    async (_name, opts, settings) => {
      const { job } = await failing({ attempts: 3, ...opts }, settings);
      expect(job.attemptsMade).toBe(3);
    },
  );

  test('that nobody knows fails the job, and says so', async () => {
    const { job, heard } = await failing({ attempts: 3, backoff: { type: 'mine' } });
    expect(job.failedReason).toMatch(/^Unknown backoff strategy mine\./);
    expect(heard.some(([event]) => event === 'error')).toBe(true);
  });

  test('runs the job again when its time has come', async () => {
    const { heard } = await failing({ attempts: 3, backoff: { type: 'fixed', delay: 20 } });
    expect(heard.map(([event]) => event)).toEqual([
      'active',
      'failed',
      'active',
      'failed',
      'active',
      'failed',
    ]);
  });
});

test('Job.retry keeps the stack traces of the runs before', async () => {
  const queue = on.queue();
  on.worker(queue, async (job) => {
    throw new Error(`try ${job.attemptsStarted}`);
  });
  await queue.add('a', {});
  for (let runs = 1; runs <= 3; runs++) {
    await until(async () => (await queue.getFailedCount()) === 1);
    const job = (await queue.getJob('1'))!;
    expect(job.stacktrace!.map((trace) => trace.split('\n')[0])).toEqual(
      Array.from({ length: runs }, (_, i) => `Error: try ${i + 1}`),
    );
    if (runs < 3) await job.retry();
  }
});
