import {
  type Flows,
  PARENT_QUEUE,
  type Peer,
  type PeerJob,
  QUEUE,
  type Work,
  type WorkOptions,
} from './peer';

interface ShapedJob extends PeerJob {
  getChildrenValues(): Promise<object>;
}

interface ShapedQueue {
  waitUntilReady(): Promise<unknown>;
  add(name: string, data: object): Promise<unknown>;
  addBulk(jobs: { name: string; data: object }[]): Promise<unknown>;
  close(): Promise<void>;
}

interface ShapedWorker {
  waitUntilReady(): Promise<unknown>;
  on(event: 'completed', listener: (job: unknown, result: unknown) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

interface ShapedFlowProducer {
  add(flow: object): Promise<unknown>;
  close(): Promise<void>;
}

/** The part of BullMQ's API that a run uses, bound to a connection. */
export interface Shape {
  /** @param instances how many queues this process opens */
  queue(name: string, instances: number): ShapedQueue;
  worker(
    name: string,
    processor: (job: ShapedJob) => Promise<unknown>,
    options: {
      concurrency: number;
      /** How many workers this process starts. */
      instances: number;
    },
  ): ShapedWorker;
  flowProducer(): ShapedFlowProducer;
  deepen?(depth: number): Promise<void>;
  cleanUp?(): Promise<void>;
}

/** A peer that has BullMQ's API. All of them run this same code. */
export class BullmqShapedPeer implements Peer {
  readonly flows: Flows;
  readonly deepen: Peer['deepen'];
  readonly cleanUp: Peer['cleanUp'];
  private readonly queues = new Map<string, ShapedQueue>();

  constructor(private readonly shape: Shape) {
    this.flows = {
      addFanIn: (children) => addFanIn(shape, children),
      workOnParents: (onCompleted) => workOnParents(shape, onCompleted),
    };
    this.deepen = shape.deepen;
    this.cleanUp = shape.cleanUp;
  }

  async open(names: readonly string[]) {
    for (const name of names) {
      const queue = this.shape.queue(name, names.length);
      this.queues.set(name, queue);
      await queue.waitUntilReady();
    }
  }

  add(data: object) {
    return this.queues.get(QUEUE)!.add('job', data);
  }

  addBulk(data: object[], queue = QUEUE) {
    return this.queues.get(queue)!.addBulk(data.map((item) => ({ name: 'job', data: item })));
  }

  async work({ queues = [QUEUE], concurrency, process, onCompleted }: WorkOptions): Promise<Work> {
    const workers = queues.map((name) => {
      const worker = this.shape.worker(name, process, { concurrency, instances: queues.length });
      worker.on('error', report);
      if (onCompleted) worker.on('completed', onCompleted);
      return worker;
    });
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    return {
      close: async (force) => {
        await Promise.all(workers.map((worker) => worker.close(force)));
      },
    };
  }

  async close() {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }
}

async function addFanIn(shape: Shape, children: number): Promise<void> {
  const producer = shape.flowProducer();
  await producer.add({
    name: 'parent',
    queueName: PARENT_QUEUE,
    data: {},
    children: Array.from({ length: children }, (_, index) => ({
      name: 'child',
      queueName: QUEUE,
      data: { index },
    })),
  });
  await producer.close();
}

async function workOnParents(
  shape: Shape,
  onCompleted: (childrenSeen: number) => void,
): Promise<Work> {
  const countChildren = async (job: ShapedJob) => Object.keys(await job.getChildrenValues()).length;
  const worker = shape.worker(PARENT_QUEUE, countChildren, { concurrency: 1, instances: 1 });
  worker.on('error', report);
  worker.on('completed', (_job, result) => onCompleted(result as number));
  await worker.waitUntilReady();
  return worker as Work;
}

function report(error: Error) {
  console.error(error);
}
