import { PARENT_QUEUE, type Peer, type PeerJob, QUEUE, type Work, type WorkOptions } from './peer';

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
  queue(name: string): ShapedQueue;
  worker(
    name: string,
    processor: (job: ShapedJob) => Promise<unknown>,
    concurrency: number,
  ): ShapedWorker;
  flowProducer(): ShapedFlowProducer;
  cleanUp?(): Promise<void>;
}

/** A peer that has BullMQ's API. All of them run this same code, with default options. */
export class BullmqShapedPeer implements Peer {
  private queue!: ShapedQueue;

  constructor(private readonly shape: Shape) {}

  async open() {
    this.queue = this.shape.queue(QUEUE);
    await this.queue.waitUntilReady();
  }

  add(data: object) {
    return this.queue.add('job', data);
  }

  addBulk(data: object[]) {
    return this.queue.addBulk(data.map((item) => ({ name: 'job', data: item })));
  }

  async addFanIn(children: number) {
    const producer = this.shape.flowProducer();
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

  async work({ concurrency, process, onCompleted }: WorkOptions): Promise<Work> {
    const worker = this.shape.worker(QUEUE, process, concurrency);
    worker.on('error', report);
    if (onCompleted) worker.on('completed', onCompleted);
    await worker.waitUntilReady();
    return worker as Work;
  }

  async workOnParents(onCompleted: (childrenSeen: number) => void): Promise<Work> {
    const countChildren = async (job: ShapedJob) =>
      Object.keys(await job.getChildrenValues()).length;
    const worker = this.shape.worker(PARENT_QUEUE, countChildren, 1);
    worker.on('error', report);
    worker.on('completed', (_job, result) => onCompleted(result as number));
    await worker.waitUntilReady();
    return worker as Work;
  }

  async close() {
    await this.queue.close();
  }

  async cleanUp() {
    await this.shape.cleanUp?.();
  }
}

function report(error: Error) {
  console.error(error);
}
