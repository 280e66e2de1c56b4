import Redis from 'ioredis';
import {
  getDefaultConnection,
  InvalidConnectionError,
  Queue,
  setDefaultConnection,
} from '../../lib';
import { useInstances } from '../helpers/instances';

const on = useInstances();

const { DATABASE_URL } = process.env;

beforeEach(() => {
  delete process.env['DATABASE_URL'];
});
afterEach(() => {
  setDefaultConnection(undefined);
  if (DATABASE_URL === undefined) delete process.env['DATABASE_URL'];
  else process.env['DATABASE_URL'] = DATABASE_URL;
});

/** Stands for a node-redis client; whoever calls it is told. */
const nodeRedisClient = {
  isOpen: false,
  sendCommand() {
    throw new Error('nobody may call a connection that is foreign');
  },
};

describe('a connection that leads to Redis', () => {
  test('stands for the default of the process', async () => {
    const ioredis = new Redis({ lazyConnect: true });
    setDefaultConnection(on.url);
    expect(getDefaultConnection()).toBe(on.url);
    for (const connection of [
      ioredis,
      nodeRedisClient,
      'redis://localhost:6379',
      'rediss://localhost',
      { url: 'redis://localhost' },
      { host: '127.0.0.1', port: 6379 },
      { host: '127.0.0.1', port: 5432, maxRetriesPerRequest: null },
      { host: 'cache', password: 'secret' },
      { host: 'cache', keepAlive: 30_000, name: 'orders', protocol: 3, whatever: true },
      { path: '/tmp/redis.sock' },
      { addresses: [{ host: 'cache' }] },
      'valkey://localhost',
    ]) {
      const queue = new Queue(on.name(), { connection: connection as never });
      expect(queue.opts.connection).toBe(connection);
      expect((await queue.add('a', {})).id).toBe('1');
      await queue.close();
    }
    expect(ioredis.status).toBe('wait');
    ioredis.disconnect();
  });

  test('stands for DATABASE_URL when no default is set', async () => {
    process.env['DATABASE_URL'] = on.url;
    const queue = new Queue(on.name(), { connection: { host: 'localhost', port: 6379 } });
    expect((await queue.add('a', {})).id).toBe('1');
    await queue.close();
  });

  test.each([['redis://localhost'], [{ host: 'localhost', port: 6379 }], [nodeRedisClient]])(
    'is refused when there is no default: %j',
    (connection) => {
      expect(() => new Queue('q', { connection: connection as never })).toThrow(
        InvalidConnectionError,
      );
      expect(() => new Queue('q', { connection: connection as never })).toThrow('DATABASE_URL');
    },
  );
});

describe('a connection that leads to PostgreSQL', () => {
  test.each([
    [{ host: '127.0.0.1', port: 1, database: 'app' }],
    [{ host: '127.0.0.1', port: 1, user: 'me', keepAlive: true }],
    [{ connectionString: 'postgres://127.0.0.1:1/app' }],
  ])('is not taken for one of Redis: %j', async (connection) => {
    setDefaultConnection(on.url);
    const queue = on.queue(undefined, { connection });
    await expect(queue.waitUntilReady()).rejects.toThrow('ECONNREFUSED');
  });

  test('may be the default of the process in any form', async () => {
    setDefaultConnection({ connectionString: on.url });
    const queue = new Queue(on.name());
    expect((await queue.add('a', {})).id).toBe('1');
    await queue.close();
  });
});
