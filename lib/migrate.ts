import { endPool, openPool, openSession } from './db/node-postgres';
import {
  type BaseOptions,
  checkBaseOptions,
  DEFAULT_SCHEMA,
  resolveConnection,
} from './options/connection-options';
import { migrateSchema } from './store/migrator';

/**
 * Creates the schema or brings it up to date. Safe to call at every start and from many processes
 * at once; needs a direct connection, not a pooler. The classes call it by themselves unless their option `migrate`
 * is false.
 *
 * @throws InvalidConnectionError for a connection that cannot be; SchemaVersionError when the role may not create the schema, when there is something to do through a pooler, or when
 * a later version of the library has left this one behind
 */
export async function migrate(
  options: Pick<BaseOptions, 'connection' | 'schema'> = {},
): Promise<void> {
  checkBaseOptions(options);
  const { pool, isOwn } = openPool(resolveConnection(options.connection), () => {});
  const session = openSession(pool);
  try {
    await session.connect();
    await migrateSchema(session, options.schema ?? DEFAULT_SCHEMA);
  } finally {
    await session.end();
    if (isOwn) await endPool(pool);
  }
}
