/** Processors in files, run in child processes and in worker threads. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Job, type Queue, Worker, type WorkerOptions } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();
const fixtures = path.join(__dirname, '../fixtures');
const fixture = (name: string) => path.join(fixtures, 'processors', name);
/** How children read the sources of the library: Jest's way of doing that does not reach them. */
const execArgv = ['--require', 'tsx/cjs'];

let folder: string;
let files = 0;
/** A file that does not exist yet. */
const newFile = () => path.join(folder, `${++files}`);

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-sandbox-'));
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  job: Job;
  result?: any;
  error?: Error & Record<string, any>;
}

describe.each([
  ['processes', { workerForkOptions: { execArgv } }],
  ['threads', { useWorkerThreads: true, workerThreadsOptions: { execArgv } }],
])('a processor in a file, in %s', (kind, sandbox: WorkerOptions) => {
  const inThreads = kind === 'threads';

  /** A queue, its worker, and a way to run a job there to its end. */
  function setUp(file: string | URL = fixture('acts.ts'), opts: WorkerOptions = {}) {
    const queue = on.queue();
    const worker = workerOf(queue, file, opts);
    return { queue, worker, ...runner(queue, worker) };
  }

  function workerOf(queue: Queue, file: string | URL, opts: WorkerOptions = {}): Worker {
    return on.worker(queue, file, { ...sandbox, ...opts });
  }

  function runner(queue: Queue, worker: Worker) {
    const ends = new Map<string, Ended>();
    worker.on('completed', (job: Job, result) => ends.set(job.id!, { job, result }));
    worker.on('failed', (job, error) => {
      if (job?.finishedOn) ends.set(job.id!, { job, error });
    });
    const end = async (id: string): Promise<Ended> => {
      await until(() => ends.has(id), { message: `the end of job ${id}` });
      return ends.get(id)!;
    };
    return {
      end,
      async run(name: string, data: unknown = {}, opts = {}): Promise<Ended> {
        const job = await queue.add(name, data, opts);
        return end(job.id!);
      },
    };
  }

  describe('is loaded', () => {
    test.each([
      ['plain.js', 'plain x'],
      ['module.mjs', 'module /x'],
      ['transpiled.cjs', 'transpiled x'],
      ['typed.ts', 'typed x'],
    ])('from %s', async (file, result) => {
      expect(await setUp(fixture(file)).run('any', 'x')).toMatchObject({ result });
    });

    test('by a URL', async () => {
      const { run } = setUp(pathToFileURL(fixture('module.mjs')));
      expect(await run('any', 'x')).toMatchObject({ result: 'module /x' });
    });

    test('by a path without .js', async () => {
      expect(await setUp(fixture('plain')).run('any', 'x')).toMatchObject({ result: 'plain x' });
    });

    test('by a path relative to the working directory', async () => {
      const file = path.relative(process.cwd(), fixture('plain.js'));
      expect(await setUp(file).run('any', 'x')).toMatchObject({ result: 'plain x' });
    });

    test('in vain when it exports no function', async () => {
      const { error } = await setUp(fixture('no-function.cjs')).run('any');
      expect(error?.message).toBe('No function is exported in processor file');
    });

    test.each([
      ['breaks-at-times.cjs', 'broken for now'],
      ['exits-at-times.cjs', 'Unexpected exit code: 7 signal: null'],
    ])('again for the next job after %s did not load', async (file, message) => {
      const broken = newFile();
      fs.writeFileSync(broken, '');
      process.env.TUSKMQ_TEST_BROKEN = broken;
      const { run } = setUp(fixture(file));
      expect((await run('any')).error?.message).toBe(message);
      fs.rmSync(broken);
      expect((await run('any')).result).toBe('mended');
    });
  });

  describe('gets the job', () => {
    test('with all fields and methods, a token and a signal', async () => {
      const { queue, run } = setUp();
      const opts = { attempts: 3, priority: 2, keepLogs: 5 };
      const { result } = await run('echo job', { a: [1, null] }, opts);
      expect(result).toMatchObject({
        job: {
          id: '1',
          name: 'echo job',
          data: { a: [1, null] },
          opts,
          attemptsMade: 0,
          attemptsStarted: 1,
          priority: 2,
          progress: 0,
          returnValue: null,
          queueName: queue.name,
          queueQualifiedName: queue.qualifiedName,
          prefix: 'bull',
        },
        token: expect.any(String),
        isSignal: true,
        aborted: false,
      });
      expect(result.methods.sort()).toEqual([
        'getChildrenValues',
        'getDependencies',
        'getDependenciesCount',
        'getIgnoredChildrenFailures',
        'log',
        'moveToDelayed',
        'moveToWait',
        'moveToWaitingChildren',
        'sleep',
        'step',
        'transaction',
        'updateData',
        'updateProgress',
        'waitForChildren',
        'waitForSignal',
      ]);
    });

    test('and changes what is stored of it', async () => {
      const { queue, worker, run } = setUp();
      const heard = record(worker, 'progress');
      const { job, result } = await run('change');
      const changed = { data: { changed: true }, progress: { percent: 50 } };
      expect(result).toEqual({ ...changed, rows: [1, 2] });
      expect(await queue.getJob(job.id!)).toMatchObject(changed);
      expect((await queue.getJobLogs(job.id!)).logs).toEqual(['first', 'second']);
      expect(heard).toEqual([
        ['progress', expect.objectContaining({ id: job.id }), { percent: 50 }],
      ]);
    });

    test('and need not wait for its methods, which keep their order', async () => {
      const { queue, run } = setUp();
      const { job } = await run('change without waiting');
      expect((await queue.getJob(job.id!))?.data).toEqual({ changed: true });
      const rows = Array.from({ length: 20 }, (_, i) => `row ${i}`);
      expect((await queue.getJobLogs(job.id!)).logs).toEqual(rows);
    });

    test('and may throw a DelayedError while the move is on its way', async () => {
      const { job, result } = await setUp().run('delay without waiting');
      expect([result, job.attemptsStarted, job.attemptsMade]).toEqual(['second', 2, 1]);
    });

    test('and is told why a method is refused', async () => {
      const { result } = await setUp().run('move with a wrong token');
      expect(result).toEqual({
        isError: true,
        code: -6,
        message: expect.stringContaining('Lock mismatch for job 1. Cmd moveToDelayed'),
      });
    });

    test('and fails by a refusal that it does not wait for', async () => {
      const { queue, worker, end } = setUp();
      const gone = deferred<void>();
      worker.on('active', (job: Job) => {
        job.log = () => Promise.reject(new Error('no log'));
        gone.resolve();
      });
      await queue.add('log without waiting', {});
      await gone.promise;
      expect((await end('1')).error?.message).toBe('no log');
    });

    test('and can do nothing to it when its run is over', async () => {
      const { queue, run } = setUp();
      const { result: child } = await run('remember job');
      const { result } = await run('log to the job before');
      expect(result).toEqual({ child, message: 'log was called after the run of job 1' });
      expect((await queue.getJobLogs('1')).count).toBe(0);
      expect((await queue.getJobLogs('2')).count).toBe(0);
    });

    test('and gives up a method without an answer after five seconds', async () => {
      const { queue, end } = setUp();
      await queue.pause();
      const job = await queue.add('time out', {});
      const client = await on.client();
      await client.query('begin');
      await client.query('select from tuskmq.job where id = $1 for no key update', [job.id]);
      await queue.resume();
      const { error } = await end(job.id!);
      await client.query('rollback');
      expect(error?.message).toBe('TimeoutError: updateData timed out in (5000ms)');
    });
  });

  describe('moves its job', () => {
    test.each(['move to delayed', 'move to wait', 'be limited'])(
      'to run again: %s',
      async (name) => {
        const { worker, run } = setUp();
        const heard = record(worker, 'failed', 'error');
        const { job, result } = await run(name);
        expect([result, job.attemptsStarted, job.attemptsMade]).toEqual(['moved', 2, 1]);
        expect(heard).toEqual([]);
      },
    );

    test('to wait for its children, and reads what became of them', async () => {
      const queue = on.queue();
      const children = on.name();
      on.worker(children, async (job) => {
        if (job.data === 'bad') throw new Error('bad child');
        return job.data;
      });
      const node = await on.flow().add({
        name: 'read family',
        queueName: queue.name,
        children: [
          { name: 'child', queueName: children, data: 'good', opts: { jobId: 'good' } },
          {
            name: 'child',
            queueName: children,
            data: 'bad',
            opts: { jobId: 'bad', ignoreDependencyOnFailure: true },
          },
        ],
      });
      const { result } = await runner(queue, workerOf(queue, fixture('acts.ts'))).end(node.job.id!);
      const good = { [`bull:${children}:good`]: 'good' };
      const bad = { [`bull:${children}:bad`]: 'bad child' };
      expect(result).toMatchObject({
        values: good,
        ignored: bad,
        count: { processed: 1, ignored: 1 },
        page: { processed: good, nextProcessedCursor: 0 },
        all: { processed: good, ignored: bad },
      });
    });

    test('to waiting-children when one is pending, and on when none is', async () => {
      const { queue, run } = setUp();
      const children = on.queue();
      const { job, result } = await run('wait for children');
      expect([result, job.attemptsStarted]).toEqual([{}, 1]);

      await queue.pause();
      const parent = await queue.add('wait for children', {});
      const child = await children.add('child', 1, {
        parent: { id: parent.id!, queue: queue.qualifiedName },
      });
      await queue.resume();
      await until(async () => (await parent.getState()) === 'waiting-children');
      on.worker(children, async () => 'done');
      await until(async () => (await parent.getState()) === 'completed');
      const { returnvalue } = (await queue.getJob(parent.id!))!;
      expect(returnvalue).toEqual({ [`${children.qualifiedName}:${child.id}`]: 'done' });
    });

    test('through steps with delays, children and chained flows', async () => {
      const children = on.name();
      const { queue, end } = setUp(fixture('steps.ts'));
      await queue.add('steps', { step: 'first', url: on.url, children });
      await until(async () => (await queue.getJobState('1')) === 'waiting-children');
      on.worker(children, async (job) => job.data);
      const { job, result } = await end('1');
      expect(result).toEqual([1, 3]);
      expect([job.attemptsStarted, job.attemptsMade]).toEqual([3, 1]);
      const stored = await queue.getJob(job.id!);
      expect(stored?.data.step).toBe('end');
      expect((await queue.getJobLogs(job.id!)).logs).toEqual(['first', 'second', 'third']);
    });
  });

  describe('ends its job', () => {
    test('with its result', async () => {
      const { run } = setUp();
      expect((await run('return nothing')).result).toBeNull();
      expect((await run('return at once')).result).toBe('at once');
    });

    test('with an error when JSON cannot hold its result', async () => {
      const { error } = await setUp().run('return bigint');
      expect(error?.name).toBe('InvalidPayloadError');
      expect(error?.message).toContain('The return value of job 1 cannot be stored as JSON');
    });

    test('with its error, by name, message, stack and fields', async () => {
      const { job, error } = await setUp().run('throw type error');
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name: 'TypeError',
        message: 'not so',
        stack: expect.stringContaining('acts.ts'),
        code: 'E_SO',
        details: { list: [1, 2] },
        cause: { message: 'because' },
      });
      expect(job.stacktrace![0]).toContain('acts.ts');
    });

    test.each([
      ['throw circle', 'round'],
      ['throw getter', 'with a trap'],
      ['throw text', 'only text'],
      ['throw at once', 'at once'],
    ])('with an error when it is to %s', async (name, message) => {
      expect((await setUp().run(name)).error?.message).toBe(message);
    });

    test('with what has a message and no more, as an Error', async () => {
      const { job, error } = await setUp().run('throw object');
      expect(error).toMatchObject({ name: 'Error', message: 'no error', custom: 1 });
      expect(job.stacktrace).toEqual(['Error: no error']);
    });

    test('for good by an UnrecoverableError', async () => {
      const { job, error } = await setUp().run('fail for good', {}, { attempts: 3 });
      expect([error?.name, job.attemptsMade]).toEqual(['UnrecoverableError', 1]);
    });
  });

  describe('dies', () => {
    test.each([0, 3])('by exit code %d, and its job fails', async (code) => {
      const { job, error } = await setUp().run('exit', { code });
      const message = `Unexpected exit code: ${code} signal: null`;
      expect([error?.message, job.failedReason]).toEqual([message, message]);
    });

    test('and its job is tried again in another child', async () => {
      const { job, result } = await setUp().run('exit', { code: 1, times: 2 }, { attempts: 3 });
      expect([result, job.attemptsMade, job.stacktrace!.length]).toEqual(['ran', 3, 2]);
    });

    test.each([
      ['throw where nobody catches', 'uncaught'],
      ['reject where nobody catches', 'unhandled'],
    ])('when it is to %s, and its job fails by that error', async (name, message) => {
      const { run } = setUp();
      const { result: before } = await run('say who');
      expect((await run(name)).error?.message).toBe(message);
      const { result: after } = await run('say who');
      expect(after).not.toBe(before);
    });

    test('without a job, which its worker emits as an error', async () => {
      const { worker, run } = setUp();
      const heard = record(worker, 'error');
      const file = newFile();
      fs.writeFileSync(file, '');
      const { result: child } = await run('crash later', { file });
      fs.rmSync(file);
      await until(() => heard.length > 0);
      expect(heard).toMatchObject([['error', { message: 'crashed while idle' }]]);
      expect((await run('say who')).result).not.toBe(child);
    });
  });

  describe('has children', () => {
    test('that are used again', async () => {
      const { run } = setUp();
      const { result: first } = await run('say who');
      const { result: second } = await run('say who');
      expect(second).toBe(first);
    });

    test('as many as jobs run at once, and no more than the concurrency', async () => {
      const { queue, worker, end, run } = setUp(undefined, { concurrency: 2 });
      const meeting = [newFile(), newFile()];
      for (const file of meeting) await queue.add('meet', { file });
      const children = await Promise.all(meeting.map(childAt));
      expect(new Set(children).size).toBe(2);
      worker.concurrency = 1;
      for (const [i, file] of meeting.entries()) {
        fs.rmSync(file);
        await end(`${i + 1}`);
      }
      const { result } = await run('say who');
      expect(children).toContain(result);
      expect((await run('say who')).result).toBe(result);
    });

    test('that have the environment of the worker', async () => {
      process.env.TUSKMQ_TEST_SHARED = 'shared';
      const { result } = await setUp().run('tell environment', { name: 'TUSKMQ_TEST_SHARED' });
      expect(result).toBe('shared');
    });

    test('that take the options given for them', async () => {
      const env = { ...process.env, TUSKMQ_TEST_GIVEN: 'given' };
      const opts = inThreads
        ? { workerThreadsOptions: { execArgv, env } }
        : { workerForkOptions: { execArgv, env } };
      const { run } = setUp(undefined, opts);
      const { result } = await run('tell environment', { name: 'TUSKMQ_TEST_GIVEN' });
      expect(result).toBe('given');
    });
  });

  describe('is cancelled', () => {
    test.each([
      ['with the reason', 'enough', 'stopped: enough'],
      ['without a reason', undefined, 'stopped: AbortError'],
    ])('%s, by its signal', async (_title, reason, message) => {
      const { queue, worker, end } = setUp();
      worker.on('active', (job: Job) => expect(worker.cancelJob(job.id!, reason)).toBe(true));
      await queue.add('await abort', {});
      expect((await end('1')).error?.message).toBe(message);
      expect(worker.cancelJob('1')).toBe(false);
    });

    test('with all other jobs of its worker', async () => {
      const { queue, worker, end } = setUp(undefined, { concurrency: 2 });
      // Active in the database is not yet here: the worker hears of it a moment later.
      const started = record(worker, 'active');
      await queue.addBulk([
        { name: 'await abort', data: {} },
        { name: 'await abort', data: {} },
      ]);
      await until(() => started.length === 2);
      worker.cancelAllJobs('all');
      expect((await end('1')).error?.message).toBe('stopped: all');
      expect((await end('2')).error?.message).toBe('stopped: all');
    });
  });

  describe('ends with its worker', () => {
    test('when its job is done', async () => {
      const { queue, worker } = setUp();
      const [file, ledger] = [newFile(), newFile()];
      await queue.add('note exit', { file, ledger });
      const child = await childAt(file);
      const closing = worker.close();
      expect(fs.existsSync(ledger)).toBe(false);
      fs.rmSync(file);
      await closing;
      expect(fs.readFileSync(ledger, 'utf8')).toBe('exited with 0');
      expect(await queue.getJobState('1')).toBe('completed');
      if (!inThreads) expect(isAlive(child)).toBe(false);
    });

    test('at once by force, and its job is taken over', async () => {
      const { queue, worker } = setUp(undefined, { lockDuration: 1_000 });
      const heard = record(worker, 'completed', 'failed', 'error');
      const [file, ledger] = [newFile(), newFile()];
      await queue.add('note exit', { file, ledger });
      const child = await childAt(file);
      await worker.close(true);
      if (!inThreads) expect(isAlive(child)).toBe(false);
      fs.rmSync(file);
      expect(heard).toEqual([]);

      const next = workerOf(queue, fixture('acts.ts'));
      const { end } = runner(queue, next);
      const other = await childAt(file);
      fs.rmSync(file);
      expect(await end('1')).toMatchObject({ result: other, job: { attemptsMade: 1 } });
      expect(other).not.toBe(child);
    });
  });

  test('speaks where its worker speaks, and reads TypeScript by the loader of its worker', async () => {
    const queue = on.queue();
    const program = startProgram(queue, fixture('speaks.ts'), inThreads);
    await queue.add('speak', {});
    await until(() => program.told.some((it) => 'result' in it));
    program.process.send('close');
    await once(program.process, 'close');
    expect(program.told).toContainEqual({ result: 'spoken' });
    expect(program.output()).toContain('said to stdout');
    expect(program.output()).toContain('said to stderr');
  });
});

describe('a child process', () => {
  const sandbox = { workerForkOptions: { execArgv } };
  const failed = (worker: Worker) => once(worker, 'failed') as Promise<[Job, Error]>;
  const completed = (worker: Worker) => once(worker, 'completed') as Promise<[Job, string]>;

  test('that is killed fails its job by the signal', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, fixture('acts.ts'), sandbox);
    const failing = failed(worker);
    await queue.add('kill itself', {});
    const [, error] = await failing;
    expect(error.message).toBe('Unexpected exit code: null signal: SIGKILL');
  });

  test('that gets a SIGTERM from elsewhere finishes its job, and is used no more', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, fixture('acts.ts'), sandbox);
    const file = newFile();
    await queue.add('be asked to leave', { file });
    const child = await childAt(file);
    const first = completed(worker);
    fs.rmSync(file);
    expect((await first)[1]).toBe(child);
    const second = completed(worker);
    await queue.add('say who', {});
    expect((await second)[1]).not.toBe(child);
    await until(() => !isAlive(child));
  });

  test('that hears Ctrl+C leaves it to its worker what becomes of its job', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, fixture('acts.ts'), sandbox);
    const first = completed(worker);
    await queue.add('hear Ctrl+C', {});
    const [, child] = await first;
    const second = completed(worker);
    await queue.add('say who', {});
    expect((await second)[1]).toBe(child);
  });

  test('dies with a worker that is killed', async () => {
    const queue = on.queue();
    const program = startProgram(queue, fixture('speaks.ts'), false);
    await queue.add('stay', {});
    const told = await until(() => program.told.find((it) => 'progress' in it));
    const child = String(told.progress.pid);
    expect(isAlive(child)).toBe(true);
    program.process.kill('SIGKILL');
    await until(() => !isAlive(child));
  });
});

describe('a worker', () => {
  test('refuses a file that does not exist', () => {
    const path = fixture('missing');
    expect(() => new Worker('q', path)).toThrow(`File ${path}.js does not exist`);
    expect(() => new Worker('q', `${path}.cjs`)).toThrow(`File ${path}.cjs does not exist`);
  });

  test('refuses a URL without a file', () => {
    for (const url of [pathToFileURL(fixture('missing.js')), new URL('https://example.com/a.js')]) {
      expect(() => new Worker('q', url)).toThrow(
        `URL ${url} does not exist in the local file system`,
      );
    }
  });

  test('refuses what is no processor', () => {
    expect(() => new Worker('q', 1 as any)).toThrow(TypeError);
  });
});

/** The child that runs a job of the act `meet` or its kin, when it is there. */
async function childAt(file: string): Promise<string> {
  const read = () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  return until(read, { message: 'the job' });
}

/** Whether the process of a child (`<pid>/<thread>`) is there. */
function isAlive(child: string): boolean {
  try {
    process.kill(Number.parseInt(child, 10), 0);
    return true;
  } catch {
    return false;
  }
}

function startProgram(queue: Queue, file: string, threads: boolean) {
  const child = fork(path.join(fixtures, 'sandbox-program.ts'), {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      DATABASE_URL: on.url,
      QUEUE: queue.name,
      FILE: file,
      THREADS: String(threads),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const told: any[] = [];
  child.stdout!.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    output += chunk;
  });
  child.on('message', (message) => told.push(message));
  return { process: child, told, output: () => output };
}
