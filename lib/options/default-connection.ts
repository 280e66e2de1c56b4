import type { ConnectionOptions } from './connection-options';

let connection: ConnectionOptions | undefined;

/**
 * The connection of all instances made from now on that are given none, or one that leads to Redis. Before
 * that it is `DATABASE_URL`, or else the `PG*` variables.
 * @param defaultConnection undefined takes it back
 */
export function setDefaultConnection(defaultConnection: ConnectionOptions | undefined): void {
  connection = defaultConnection;
}

export function getDefaultConnection(): ConnectionOptions | undefined {
  return connection;
}
