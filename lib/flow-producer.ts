import { v7 as timeOrderedId } from 'uuid';
import type { TransactionClient } from './db/transaction';
import type { Backend } from './engine/backend';
import { type BackendFactory, borrowBackend } from './engine/backend-factory';
import { locate, type PreparedJob, prepareJob } from './engine/job-spec';
import { carrying, trace } from './engine/telemetry';
import { Job } from './job';
import type { MinimalQueue } from './job-fields';
import type { FlowProducerListener } from './model/events';
import type { JobSpec } from './model/job-record';
import { checkQueueName, DEFAULT_PREFIX, parseQualifiedName, qualifiedName } from './model/names';
import { type KeysMap, QueueKeys } from './model/queue-keys';
import { SpanKind, TelemetryAttributes } from './model/telemetry';
import type { JobsOptions } from './options/job-options';
import type {
  FlowJob,
  FlowOptions,
  FlowProducerOptions,
  GetFlowOptions,
} from './options/queue-options';
import type { Span } from './options/telemetry-options';
import type { Store } from './store/store';
import { TypedEmitter } from './typed-emitter';

/** A job of a flow as it was added or found, with its children. */
export interface JobNode {
  job: Job;
  children?: JobNode[];
}

interface PreparedNode extends PreparedJob {
  data: unknown;
  queue: MinimalQueue;
  children: PreparedNode[];
}

/**
 * Adds flows: trees of jobs in which a job runs when its children are done. Also beneath a job that
 * exists, by `opts.parent`.
 */
export class FlowProducer extends TypedEmitter<FlowProducerListener> {
  closing: Promise<void> | undefined;
  readonly backend: Backend;
  private readonly giveBack: () => Promise<void>;
  private boundStore: Store | undefined;

  /**
   * @param backendFactory default: what `setDefaultBackendFactory` was given. A backend of another instance that it hands out ends with
   * that instance.
   * @throws InvalidConnectionError for a connection that cannot be
   */
  constructor(
    readonly opts: FlowProducerOptions = {},
    backendFactory?: BackendFactory,
  ) {
    super();
    ({ backend: this.backend, giveBack: this.giveBack } = borrowBackend(opts, backendFactory));
  }

  /** BullMQ's names of the parts of a queue without a name; nothing is stored under them here. */
  get keys(): KeysMap {
    return this.queueKeys.getKeys('');
  }

  toKey(queueName: string, type: string): string {
    return this.queueKeys.toKey(queueName, type);
  }

  private get queueKeys(): QueueKeys {
    return new QueueKeys(this.opts.prefix);
  }

  /** What names it: what it works with has no JSON. */
  toJSON(): { prefix: string } {
    return { prefix: this.opts.prefix ?? DEFAULT_PREFIX };
  }

  getBackend(): Backend {
    return this.backend;
  }

  async waitUntilReady(): Promise<void> {
    await this.backend.ready();
  }

  /**
   * This producer, bound to an open transaction of the application's: its flows exist when that
   * commits.
   * @param tx what `pg` (after BEGIN), Prisma, Drizzle, Kysely, Knex, TypeORM, MikroORM, Sequelize,
   * postgres.js or PGlite hand out as an open transaction, or an object with `query(text, params)`
   * @throws TypeError for what is not an open transaction
   */
  withTransaction(tx: TransactionClient): this {
    const bound = Object.create(this) as this;
    bound.boundStore = this.backend.storeOn(tx);
    return bound;
  }

  /**
   * Adds a flow: all of it, or on an error nothing. Ids are UUIDs unless given, of version 7: what was
   * added together is neighbours in the indexes; queues' default
   * options hold only as given here. Once the producer is closing nothing is added, and it resolves to undefined.
   * @throws Error with BullMQ's message for invalid options or an unknown parent
   */
  async add(flow: FlowJob, opts: FlowOptions = {}): Promise<JobNode> {
    if (this.closing) return undefined as never;
    const { telemetry } = this.opts;
    const { queueName } = flow;
    return trace(telemetry, SpanKind.PRODUCER, queueName, 'addFlow', queueName, async (span) => {
      span?.setAttributes({ [TelemetryAttributes.FlowName]: flow.name });
      const [node] = await this.addTrees([flow], opts);
      return node!;
    });
  }

  /** Adds flows together: all of them, or on an error nothing. Once closing, as `add`. */
  async addBulk(flows: FlowJob[]): Promise<JobNode[]> {
    if (this.closing) return undefined as never;
    return trace(this.opts.telemetry, SpanKind.PRODUCER, '', 'addBulkFlows', '', async (span) => {
      span?.setAttributes({
        [TelemetryAttributes.BulkCount]: flows.length,
        [TelemetryAttributes.BulkNames]: flows.map(({ name }) => name).join(','),
      });
      return flows.length === 0 ? [] : this.addTrees(flows, {});
    });
  }

  private async addTrees(flows: FlowJob[], opts: FlowOptions): Promise<JobNode[]> {
    const trees = await Promise.all(flows.map((flow) => this.prepare(flow, opts)));
    const added = await this.backend.writes.add(byLevel(trees), this.boundStore);
    // Of a root that was deduplicated, the job that stands for it.
    for (const [i, tree] of trees.entries()) tree.spec.id = added.ids[i]!;
    return trees.map((tree) => this.toNode(tree, added.now));
  }

  private toNode({ data, queue, opts, spec, children }: PreparedNode, now: number): JobNode {
    const job = new this.Job(queue, spec.name, data, opts, spec.id);
    job.timestamp = opts.timestamp ?? now;
    return children.length > 0
      ? { job, children: children.map((child) => this.toNode(child, now)) }
      : { job };
  }

  /** The class of the jobs that this instance makes: for a subclass that has one of its own. */
  protected get Job(): typeof Job {
    return Job;
  }

  /** Checks a job of a flow and those beneath it, and gives them ids. */
  private prepare(
    flow: FlowJob,
    opts: FlowOptions,
    parent?: { id: string; queue: string },
  ): Promise<PreparedNode> {
    const { telemetry } = this.opts;
    if (!telemetry) return this.prepareNode(flow, opts, parent);
    const { queueName } = flow;
    const add = async (span?: Span, metadata?: string) => {
      const jobId = flow.opts?.jobId || timeOrderedId();
      span!.setAttributes({
        [TelemetryAttributes.JobName]: flow.name,
        [TelemetryAttributes.JobId]: jobId,
      });
      const carried = { ...flow, opts: carrying(flow.opts, metadata) };
      return this.prepareNode(carried, opts, parent, jobId);
    };
    return trace(telemetry, SpanKind.PRODUCER, queueName, 'addNode', queueName, add);
  }

  private async prepareNode(
    flow: FlowJob,
    opts: FlowOptions,
    parent?: { id: string; queue: string },
    newId: string = timeOrderedId(),
  ): Promise<PreparedNode> {
    checkQueueName(flow.queueName);
    const queue = this.queueOf(flow.queueName, flow.prefix);
    const jobOpts = { ...opts.queuesOptions?.[flow.queueName]?.defaultJobOptions, ...flow.opts };
    checkDeduplication(flow, jobOpts, parent !== undefined);
    const jobId = jobOpts.jobId || newId;
    const { data } = flow;
    const prepared = prepareJob(
      flow.name,
      data,
      parent ? { ...jobOpts, jobId: jobOpts.jobId, parent } : jobOpts,
    );
    const asParent = { id: jobId, queue: queue.qualifiedName };
    const preparing = (flow.children ?? []).map((child) => this.prepare(child, opts, asParent));
    const [children] = await Promise.all([
      Promise.all(preparing),
      locate(queue, [prepared], this.boundStore),
    ]);
    prepared.spec.id = jobId;
    prepared.spec.has_children = children.length > 0;
    prepared.spec.parent_in_unit = parent !== undefined;
    return { ...prepared, data, queue, children };
  }

  /** A flow from one of its jobs down; undefined, which BullMQ's type does not say, when that does not exist, and once closing. */
  async getFlow(opts: GetFlowOptions): Promise<JobNode> {
    if (this.closing) return undefined as never;
    const { id, queueName, prefix, maxChildren = 20 } = opts;
    const depth = opts.depth || 10;
    const queue = this.queueOf(queueName, prefix);
    const job = await this.Job.fromId(queue, id, this.store);
    return (job && this.nodeOf(job, depth, maxChildren)) as Promise<JobNode>;
  }

  private async nodeOf(job: Job, depth: number, maxChildren: number): Promise<JobNode> {
    if (depth <= 1) return { job };
    const { store } = this;
    const queueId = await job.queue.queueId();
    const kinds = ['completed', 'pending', 'failed', 'ignored'] as const;
    const found = await Promise.all(
      kinds.map((kind) => store.getDependencies(queueId, job.id!, kind, 0, maxChildren)),
    );
    const records = found.flat();
    if (records.length === 0) return { job };
    const children = await Promise.all(records.map((record) => this.child(record)));
    return {
      job,
      children: await Promise.all(
        children.flatMap((child) => (child ? [this.nodeOf(child, depth - 1, maxChildren)] : [])),
      ),
    };
  }

  private async child({ key, id }: { key: string; id: string }): Promise<Job | undefined> {
    const { prefix, name } = parseQualifiedName(key.slice(0, -id.length - 1));
    return this.Job.fromId(this.queueOf(name, prefix), id, this.store);
  }

  /** In the transaction to which this is bound, or else on its own. */
  private get store(): Store {
    return this.boundStore ?? this.backend.store;
  }

  private queueOf(name: string, prefix = this.opts.prefix ?? DEFAULT_PREFIX): MinimalQueue {
    const { backend, boundStore } = this;
    return {
      name,
      prefix,
      qualifiedName: qualifiedName(prefix, name),
      opts: this.opts,
      getBackend: () => backend,
      queueId: () => backend.queueId(prefix, name, boundStore),
    };
  }

  /** Idempotent. What is bound to a transaction has nothing to close. */
  close(): Promise<void> {
    if (this.boundStore) return Promise.resolve();
    this.closing ??= this.giveBack();
    return this.closing;
  }

  /** The same as `close`. */
  disconnect(): Promise<void> {
    return this.close();
  }
}

/** @throws Error with BullMQ's message: a job that may not be added can have no children, nor be kept for later */
function checkDeduplication(flow: FlowJob, opts: JobsOptions, isChild: boolean): void {
  const { deduplication } = opts;
  if (!deduplication) return;
  if (flow.children && flow.children.length > 0) {
    throw new Error('Deduplication options cannot be used on flow nodes with children');
  }
  if (deduplication.keepLastIfActive && (isChild || opts.parent)) {
    throw new Error('keepLastIfActive deduplication cannot be used on flow nodes with a parent');
  }
}

/** Roots first, then their children, then theirs: the order in which they run. */
function byLevel(trees: readonly PreparedNode[]): JobSpec[] {
  const specs: JobSpec[] = [];
  for (let level = trees; level.length > 0; level = level.flatMap(({ children }) => children)) {
    specs.push(...level.map(({ spec }) => spec));
  }
  return specs;
}
