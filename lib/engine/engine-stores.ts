import type { Store } from '../store/store';

/** The database, for what the engine does by itself, in statements that are brief. They differ in what they do about locks that somebody holds. */
export interface EngineStores {
  /** Tries at once, and then in turn. */
  readonly patient: Store;
  /** Tries after all others that wait for locks, until it has its own. */
  readonly inTurn: Store;
  /** The same once, and rejects when the lock is still held. */
  readonly onceInTurn: Store;
  /** Rejects. */
  readonly hasty: Store;
}
