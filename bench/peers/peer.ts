/** What a benchmark asks of a job queue. One object lives for one run, in a process of its own. */
export interface Peer {
  /** Makes the schema, and opens the producer's connections. */
  open(): Promise<void>;
  add(data: object): Promise<unknown>;
  addBulk(data: object[]): Promise<unknown>;
  /** Adds one parent and all of its children together. */
  addFanIn(children: number): Promise<unknown>;
  /** Starts a worker of the queue; resolves when it is connected. */
  work(options: WorkOptions): Promise<Work>;
  /** Starts a worker of the parents, which reads the results of the children; resolves when it is connected. */
  workOnParents(onCompleted: (childrenSeen: number) => void): Promise<Work>;
  /** Ends the producer's connections. */
  close(): Promise<void>;
  /** Removes what `close` leaves behind in a server that outlives the run. */
  cleanUp?(): Promise<void>;
}

export interface WorkOptions {
  concurrency: number;
  process(job: PeerJob): Promise<unknown>;
  /** Called when the result of a job is stored. */
  onCompleted?(): void;
}

export interface PeerJob {
  data: { index: number };
  updateProgress(progress: number): Promise<unknown>;
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

export const QUEUE = 'bench';
export const PARENT_QUEUE = 'bench-parents';
