import type { BaseOptions } from '../options/connection-options';
import { Backend } from './backend';

/**
 * Finds or makes the backend of an instance: the last argument of every class.
 * @param name of the queue; of a FlowProducer the empty string
 */
export type BackendFactory = (name: string, opts: BaseOptions) => Backend;

/** The backend of all instances with the same connection and schema. */
export const createPostgresBackend: BackendFactory = (_name, opts) => Backend.of(opts);

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
 * The backend of an instance that needs no other to stay for it. What a factory of its own hands out and others use already is theirs: it
 * ends with them, for who borrows it may never close (bull-board).
 * @throws TypeError as `acquireBackend`
 */
export function borrowBackend(
  opts: BaseOptions,
  factory: BackendFactory | undefined,
): { backend: Backend; giveBack(): Promise<void> } {
  const backend = checked((factory ?? defaultFactory)('', opts));
  if (factory && backend.isInUse) return { backend, giveBack: async () => {} };
  backend.retain();
  return { backend, giveBack: () => backend.release() };
}

function checked(backend: Backend): Backend {
  if (backend instanceof Backend) return backend;
  throw new TypeError(
    'The backend factory must return a backend of this library, as createPostgresBackend does',
  );
}
