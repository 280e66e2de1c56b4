import { Pool } from 'pg';
import { Queue } from '../../lib';
import { InvalidConnectionError } from '../../lib/model/errors';
import {
  checkBaseOptions,
  quoteIdentifier,
  resolveConnection,
} from '../../lib/options/connection-options';

describe('resolveConnection', () => {
  const { DATABASE_URL } = process.env;
  beforeEach(() => {
    delete process.env['DATABASE_URL'];
  });
  afterEach(() => {
    if (DATABASE_URL === undefined) delete process.env['DATABASE_URL'];
    else process.env['DATABASE_URL'] = DATABASE_URL;
  });

  test.each([
    'postgres://localhost/app',
    'postgresql://user:p%40ss@host:5433/app?sslmode=require',
    'postgres:///app?host=/var/run/postgresql',
    'postgres://me@/app?host=/var/run/postgresql',
    'postgresql://me:secret@/app?host=/tmp',
  ])('takes the URL %s', (url) => {
    expect(resolveConnection(url)).toEqual({ config: { connectionString: url } });
  });

  test('takes a configuration as it is, and a pool', async () => {
    const config = { host: 'db', user: 'me', max: 5 };
    expect(resolveConnection(config)).toEqual({ config });
    const pool = new Pool();
    expect(resolveConnection(pool)).toEqual({ pool });
    await pool.end();
  });

  test('takes the names that other libraries have for settings of pg', () => {
    expect(resolveConnection({ url: 'postgres://localhost/app' })).toEqual({
      config: { connectionString: 'postgres://localhost/app' },
    });
    const typeorm = { host: 'db', port: 5432, username: 'me', password: 'secret' };
    expect(resolveConnection(typeorm)).toEqual({
      config: { host: 'db', port: 5432, user: 'me', password: 'secret' },
    });
    expect(resolveConnection({ ...typeorm, database: 'app' })).toEqual({
      config: { host: 'db', port: 5432, user: 'me', password: 'secret', database: 'app' },
    });
  });

  test('translates a configuration once, and only what it says', () => {
    const given = { url: 'postgres://localhost/app', ssl: { rejectUnauthorized: false } };
    expect(resolveConnection(given)).toEqual(resolveConnection(given));
    const [one, other] = [resolveConnection(given), resolveConnection(given)] as [
      { config: object },
      { config: object },
    ];
    expect(one.config).toBe(other.config);
    for (const url of [null, '']) {
      const config = { url, connectionString: 'postgres://localhost/app' };
      expect(resolveConnection(config as never)).toEqual({ config });
    }
  });

  test.each([
    ['settings that nobody knows', { hosst: 'x' }, 'hosst'],
    ['an object with a `query`', { query: () => {}, waitReady: true }, 'query, waitReady'],
  ])('refuses %s', (_, connection, fields) => {
    expect(() => resolveConnection(connection as never)).toThrow(
      new InvalidConnectionError(
        `connection must be a postgres:// URL, a pg pool configuration or a pg.Pool, not an object with ${fields}`,
      ),
    );
  });

  test('takes DATABASE_URL for nothing, and else the variables of the driver', () => {
    process.env['DATABASE_URL'] = 'postgres://env/app';
    expect(resolveConnection(undefined)).toEqual({
      config: { connectionString: 'postgres://env/app' },
    });
    delete process.env['DATABASE_URL'];
    expect(resolveConnection(undefined)).toEqual({ config: {} });
  });

  test.each([
    'redis://:hunter2@localhost:6379',
    'mysql://root:hunter2@localhost/app',
    'localhost:5432/hunter2',
    'postgres://',
    'postgres://user:hunter2@host:port/app',
    '',
  ])('refuses %j without telling what may be secret', (url) => {
    let error: unknown;
    try {
      resolveConnection(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidConnectionError);
    const { message } = error as Error;
    expect(message).toContain('expected postgres://user:password@host:port/database');
    expect(message).not.toContain('hunter2');
  });

  test.each([5, true])('refuses %j', (connection) => {
    expect(() => resolveConnection(connection as never)).toThrow(InvalidConnectionError);
  });

  test('refuses a bad DATABASE_URL, or one in a configuration', () => {
    process.env['DATABASE_URL'] = 'redis://localhost';
    expect(() => resolveConnection(undefined)).toThrow(InvalidConnectionError);
    expect(() => resolveConnection({ connectionString: 'redis://x' })).toThrow(
      InvalidConnectionError,
    );
  });
});

describe('checkBaseOptions', () => {
  test.each([
    [{ schema: '' }, "schema must be a name of 1 to 63 bytes, not ''"],
    [{ schema: 'ä'.repeat(32) }, 'schema must be a name of 1 to 63 bytes'],
    [{ schema: 7 as never }, 'schema must be a name of 1 to 63 bytes, not 7'],
    [{ prefix: 'a\0b' }, 'prefix cannot contain the character U+0000'],
    [{ prefix: 'p'.repeat(1_001) }, 'prefix cannot be longer than 1000 bytes'],
    [{ transactionConnections: 0 }, 'transactionConnections must be an integer greater than 0'],
    [{ transactionConnections: 1.5 }, 'transactionConnections must be an integer greater than 0'],
  ])('refuses %j', (opts, message) => {
    expect(() => checkBaseOptions(opts)).toThrow(message);
    expect(() => new Queue('q', opts)).toThrow(message);
  });
});

describe('quoteIdentifier', () => {
  test('doubles quotes', () => {
    expect(quoteIdentifier('My "Odd" schema')).toBe('"My ""Odd"" schema"');
  });
});
