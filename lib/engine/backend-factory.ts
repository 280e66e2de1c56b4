import type { BaseOptions } from '../options/connection-options';
import { Backend } from './backend';

/**
 * Finds or makes the backend of an instance: the last argument of every class.
 * @param name of the queue; of a FlowProducer the empty string
 */
export type BackendFactory = (name: string, opts: BaseOptions) => Backend;

/** How often a backend was looked up by options. */
let lookups = 0;

/** The backend of all instances with the same connection and schema. */
export const createPostgresBackend: BackendFactory = (_name, opts) => {
  lookups++;
  return Backend.of(opts);
};

/** BullMQ's default. @throws Error always: there is no Redis here */
export const createRedisBackend: BackendFactory = () => {
  throw new Error(
    'createRedisBackend: queues are kept in PostgreSQL here, not in Redis; leave the factory away, or use createPostgresBackend',
  );
};

let defaultFactory: BackendFactory = createPostgresBackend;

/** Sets the factory of all instances made from now on without one. Default: `createPostgresBackend`. */
export function setDefaultBackendFactory(factory: BackendFactory = createPostgresBackend): void {
  defaultFactory = factory;
}

export function getDefaultBackendFactory(): BackendFactory {
  return defaultFactory;
}

/**
 * The backend of an instance, retained for it.
 * @throws TypeError when the factory returns something else, such as BullMQ's own does
 */
export function acquireBackend(
  name: string,
  opts: BaseOptions,
  factory: BackendFactory = defaultFactory,
): Backend {
  return checked(factory(name, opts)).retain();
}

/**
 * The backend of a FlowProducer. One that the factory did not look up, but has in its hand from another instance, is used and not retained:
 * such a producer, as bull-board makes them, may never be closed, and must not keep the pool open.
 * @throws TypeError as `acquireBackend`
 */
export function borrowBackend(
  opts: BaseOptions,
  factory: BackendFactory = defaultFactory,
): { backend: Backend; giveBack(): Promise<void> } {
  const before = lookups;
  const backend = checked(factory('', opts));
  if (lookups === before && backend.isInUse) return { backend, giveBack: async () => {} };
  backend.retain();
  return { backend, giveBack: () => backend.release() };
}

function checked(backend: Backend): Backend {
  if (backend instanceof Backend) return backend;
  throw new TypeError(
    'The backend factory must return a backend of this library, as createPostgresBackend does',
  );
}
