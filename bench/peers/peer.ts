/** What a benchmark asks of a job queue. One object lives for one run, in a process of its own. */
export interface Peer {
  /** Makes the schema and the queues, and opens the producer's connections. */
  open(queues: readonly string[]): Promise<void>;
  add(data: object): Promise<unknown>;
  /** @param queue default: `QUEUE` */
  addBulk(data: object[], queue?: string): Promise<unknown>;
  /** Starts workers; resolves when they are connected. */
  work(options: WorkOptions): Promise<Work>;
  /** Ends the producer's connections. */
  close(): Promise<void>;
  /** Peers without flows have none. */
  flows?: Flows;
  /** Puts so many waiting, delayed and finished jobs of each kind into `QUEUE`, straight into the tables. */
  deepen?(depth: number): Promise<void>;
  /** Removes what `close` leaves behind in a server that outlives the run. */
  cleanUp?(): Promise<void>;
}

export interface Flows {
  /** Adds one parent and all of its children together. */
  addFanIn(children: number): Promise<unknown>;
  /** Starts a worker of the parents, which reads the results of the children; resolves when it is connected. */
  workOnParents(onCompleted: (childrenSeen: number) => void): Promise<Work>;
}

export interface WorkOptions {
  /** One worker for each, all of them in this process. Default: `QUEUE` alone. */
  queues?: readonly string[];
  /** Jobs that run at the same time, in each queue. */
  concurrency: number;
  /** The queues are empty most of the time: a peer that can be woken is to be woken. */
  isIdle?: boolean;
  process(job: PeerJob): Promise<unknown>;
  /** Called when the result of a job is stored. */
  onCompleted?(): void;
}

export interface PeerJob {
  data: { index: number };
  /** What a peer does not have, it is left out of: see `leftOut` of the workloads that call it. */
  updateProgress?(progress: number): Promise<unknown>;
  updateData?(data: object): Promise<unknown>;
}

export interface Work {
  /** @param force without waiting for jobs that run */
  close(force: boolean): Promise<void>;
}

/** Where a run finds its peer's server: a database of its own, or a prefix of its own. */
export interface Place {
  url: string;
  prefix: string;
}

/** The servers that a run may need. */
export type ServerName = 'postgres' | 'redis' | 'redis-everysec';

export const QUEUE = 'bench';
export const PARENT_QUEUE = 'bench-parents';
