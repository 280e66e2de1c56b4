import { add } from './add';
import { connections } from './connections';
import { deepQueue } from './deep-queue';
import { fanIn } from './fan-in';
import { fleet } from './fleet';
import { idleWorkers } from './idle-workers';
import { manyQueues } from './many-queues';
import { oldSnapshot } from './old-snapshot';
import { pickup } from './pickup';
import { processing } from './process';
import { serverCost } from './server-cost';
import { steps } from './steps';
import type { Workload } from './workload';

export const workloads: Record<string, Workload> = {
  add,
  process: processing,
  pickup,
  fleet,
  'fan-in': fanIn,
  steps,
  'many-queues': manyQueues,
  'idle-workers': idleWorkers,
  connections,
  'server-cost': serverCost,
  'deep-queue': deepQueue,
  'old-snapshot': oldSnapshot,
};
