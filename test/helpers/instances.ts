import type { EventEmitter } from 'node:events';
import { Client } from 'pg';
import {
  type AnyProcessor,
  FlowProducer,
  type FlowProducerOptions,
  Queue,
  QueueEvents,
  type QueueEventsOptions,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from '../../lib';
import { createDatabase, type TestDatabase } from './database';

/** Makes instances on the database of a test file. Their errors are for the test to listen to, or not. */
export interface Instances {
  /** Of this file's own database. */
  readonly url: string;
  /** A name that no other test of the file uses. */
  name(): string;
  queue(name?: string, opts?: QueueOptions): Queue;
  worker(
    queue: { name: string } | string,
    processor: AnyProcessor | string | URL | null,
    opts?: WorkerOptions,
  ): Worker;
  flow(opts?: FlowProducerOptions): FlowProducer;
  /** Resolves when the events of the queue will be heard. */
  events(queue: { name: string }, opts?: QueueEventsOptions): Promise<QueueEvents>;
  /** A session of the application's own. */
  client(): Promise<Client>;
  /** Rows of one statement on a session of its own. */
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Gives a test file a database, and closes after each test whatever it opened on it. */
export function useInstances(): Instances {
  let database: TestDatabase;
  let keeper: Queue;
  let monitor: Client;
  let names = 0;
  let open: { close(force?: boolean): unknown }[] = [];
  const kept = <T extends { close(force?: boolean): unknown }>(instance: T): T => {
    open.push(instance);
    return instance;
  };
  const quiet = <T extends EventEmitter>(instance: T): T => instance.on('error', () => {}) as T;

  beforeAll(async () => {
    database = await createDatabase();
    // Keeps the pool open from test to test.
    keeper = new Queue('keeper', { connection: database.url });
    await keeper.waitUntilReady();
    monitor = new Client({ connectionString: database.url });
    monitor.on('error', () => {});
    await monitor.connect();
  });
  afterEach(async () => {
    const closing = open;
    open = [];
    // By force: a job of a failed test may never end.
    for (const instance of closing.reverse()) await instance.close(true);
  });
  afterAll(async () => {
    await keeper.close();
    await monitor.end();
    await database.drop();
  });

  return {
    get url() {
      return database.url;
    },
    name: () => `q${++names}`,
    queue(name = `q${++names}`, opts = {}) {
      return kept(quiet(new Queue(name, { connection: database.url, ...opts })));
    },
    worker(queue, processor, opts = {}) {
      const name = typeof queue === 'string' ? queue : queue.name;
      return kept(quiet(new Worker(name, processor, { connection: database.url, ...opts })));
    },
    flow: (opts = {}) => kept(quiet(new FlowProducer({ connection: database.url, ...opts }))),
    async events(queue, opts = {}) {
      const events = new QueueEvents(queue.name, { connection: database.url, ...opts });
      kept(quiet(events));
      await events.waitUntilReady();
      return events;
    },
    async client() {
      const client = new Client({ connectionString: database.url });
      client.on('error', () => {});
      await client.connect();
      kept({ close: () => client.end() });
      return client;
    },
    sql: async (text, values) => (await monitor.query(text, values)).rows as never,
  };
}

/** Has the database refuse a job that returned this text, as a rule of the application's might. */
export async function refuseResults(on: Instances, result: string): Promise<void> {
  await on.sql(`
    create or replace function public.refuse_result() returns trigger language plpgsql as $$
    begin
      if new.return_value::text = '${JSON.stringify(result)}' then
        raise exception 'this result is refused' using errcode = '23514';
      end if;
      return new;
    end $$;
    create or replace trigger refuse_result before update on tuskmq.job_state
    for each row execute function public.refuse_result()`);
}

/** What an emitter says from now on, as `[event, ...args]`, in order. */
export function record(emitter: EventEmitter, ...events: string[]): unknown[][] {
  const heard: unknown[][] = [];
  for (const event of events) emitter.on(event, (...args) => heard.push([event, ...args]));
  return heard;
}
