import { missingParentError, raisedError, refusalError } from '../model/errors';
import type { JobSpec } from '../model/job-record';
import type { StepReport } from '../model/step';
import type { JobUpdate, LogRow, StepOutcome, Store } from '../store/store';
import { Batcher } from './batcher';
import type { EngineStores } from './engine-stores';

/** What one add did: an id for each job, and when. */
export interface AddedUnit {
  ids: string[];
  now: number;
}

/** Jobs in a unit from which it does not share its transaction. */
const LARGE_UNIT = 100;

/** Carries out many items in one call: a result or an Error for each, in order. */
type Write<Item, Result> = (store: Store, items: readonly Item[]) => Promise<(Result | Error)[]>;

/** What callers of one moment write together, in one transaction of ours. */
class SharedWrite<Item, Result> {
  private readonly batcher: Batcher<Item, Result>;

  constructor(
    private readonly write: Write<Item, Result>,
    stores: EngineStores,
  ) {
    this.batcher = new Batcher((items, isInTurn) =>
      write(isInTurn ? stores.inTurn : stores.hasty, items),
    );
  }

  /** With those of this moment. */
  run(item: Item): Promise<Result> {
    return this.batcher.run(item);
  }

  /** In the transaction of `store`. */
  async runOn(store: Store, item: Item): Promise<Result> {
    const [result] = await this.write(store, [item]);
    if (result instanceof Error) throw result;
    return result!;
  }
}

/**
 * What jobs and queues write outside of exchanges. With `bound`, the store on an open transaction, it is written there, else in a
 * transaction that calls of this moment share.
 */
export class SharedWrites {
  private readonly adds: SharedWrite<readonly JobSpec[], AddedUnit>;
  private readonly dataUpdates: SharedWrite<JobUpdate, true>;
  private readonly progressUpdates: SharedWrite<JobUpdate, true>;
  private readonly logs: SharedWrite<LogRow, number>;
  private readonly steps: SharedWrite<StepReport, StepOutcome>;

  /** @param store where each call is a transaction of its own */
  constructor(
    private readonly store: Store,
    stores: EngineStores,
  ) {
    this.adds = new SharedWrite(addUnits, stores);
    this.dataUpdates = new SharedWrite(updateData, stores);
    this.progressUpdates = new SharedWrite(updateProgress, stores);
    this.logs = new SharedWrite(addLogs, stores);
    this.steps = new SharedWrite(saveSteps, stores);
  }

  /**
   * Adds jobs together or not at all. Large units do not share, so that nobody waits for them.
   * @throws Error with BullMQ's code for an unknown parent
   */
  add(specs: readonly JobSpec[], bound?: Store): Promise<AddedUnit> {
    if (bound || specs.length > LARGE_UNIT) return this.adds.runOn(bound ?? this.store, specs);
    return this.adds.run(specs);
  }

  /** @throws Error with BullMQ's code when the job does not exist, as the next two */
  updateData(update: JobUpdate, bound?: Store): Promise<true> {
    return bound ? this.dataUpdates.runOn(bound, update) : this.dataUpdates.run(update);
  }

  updateProgress(update: JobUpdate, bound?: Store): Promise<true> {
    return bound ? this.progressUpdates.runOn(bound, update) : this.progressUpdates.run(update);
  }

  /** Resolves to the number of rows in the log. */
  addLog(row: LogRow, bound?: Store): Promise<number> {
    return bound ? this.logs.runOn(bound, row) : this.logs.run(row);
  }

  /** Saves the result of a step that has no transaction of its own. */
  saveStep(report: StepReport): Promise<StepOutcome> {
    return this.steps.run(report);
  }
}

const addUnits: Write<readonly JobSpec[], AddedUnit> = async (store, units) => {
  const added = await store.addJobs(units).catch((error) => {
    throw raisedError(error);
  });
  const missing = new Map(added.missing_parents?.map(({ unit, key }) => [unit, key]));
  let position = 0;
  return units.map((jobs, unit) => {
    const from = position;
    position += jobs.length;
    const parentKey = missing.get(unit);
    if (parentKey !== undefined) return missingParentError(parentKey);
    return { ids: added.ids.slice(from, position), now: added.now };
  });
};

const updateData: Write<JobUpdate, true> = async (store, updates) =>
  updated('updateData', updates, await store.updateData(updates));

const updateProgress: Write<JobUpdate, true> = async (store, updates) =>
  updated('updateProgress', updates, await store.updateProgress(updates));

function updated(
  command: string,
  updates: readonly JobUpdate[],
  missing: readonly number[],
): (true | Error)[] {
  const results: (true | Error)[] = updates.map(() => true);
  for (const i of missing) results[i] = refusalError('missing', updates[i]!.id, command);
  return results;
}

const addLogs: Write<LogRow, number> = async (store, rows) => {
  const counts = await store.addLogs(rows);
  return counts.map((count, i) => count ?? refusalError('missing', rows[i]!.id, 'addLog'));
};

const saveSteps: Write<StepReport, StepOutcome> = async (store, reports) =>
  (await store.saveSteps(reports)).outcomes;
