import { ExchangeLoop } from '../../lib/engine/exchange-loop';
import type { Exchanges } from '../../lib/engine/exchanges';
import type { WalFlusher } from '../../lib/engine/wal-flusher';
import type { ClaimedJob } from '../../lib/model/job-record';
import type { Exchange, ExchangeRequest, Store } from '../../lib/store/store';
import { deferred, until } from '../helpers/wait';

/** A loop whose slots are full at first, and the exchanges that it makes: which jobs each reports, and how many it asks for. */
function scene() {
  const sent: { reported: string[]; limit: number }[] = [];
  const host = {
    ...{ patience: 0, free: 0, isLost: false, losses: 0 },
    /** Of what the next exchange claims. */
    jobs: [] as ClaimedJob[],
    relayed: [] as number[],
    wakeIn: null as number | null,
    hasIdleSlot: true,
    hasMore: false,
    slow: 0,
    flusher: undefined as WalFlusher | undefined,
    isSerial: false,
    answers: Promise.resolve(),
    dueIn: [] as number[],
  };
  const asked: ExchangeRequest[] = [];
  const exchanges = {
    run: async (request: ExchangeRequest): Promise<Exchange> => {
      const { reports, limit } = request;
      asked.push(request);
      await host.answers;
      sent.push({ reported: reports.map(({ id }) => id), limit });
      const jobs = host.jobs.splice(0);
      return {
        jobs,
        refused: null,
        now: 1,
        hungry: jobs.length < limit,
        asleep: jobs.length < limit,
        more: host.hasMore,
        wakeIn: host.wakeIn,
        deferred: false,
        ranges: null,
        lost: host.isLost,
      };
    },
  } as unknown as Exchanges;
  const store = {
    resyncWorker: async () => 1,
    unregisterWorker: async () => {},
  } as unknown as Store;
  const stores = { patient: store, inTurn: store, onceInTurn: store, hasty: store };
  const loop = new ExchangeLoop(stores, exchanges, 1, {
    freeSlots: () => host.free,
    hasIdleSlot: () => host.hasIdleSlot,
    patience: () => host.patience,
    start: () => {
      host.free--;
    },
    onExchange: () => {},
    onDrained: () => {},
    onDueIn: (ms) => host.dueIn.push(ms),
    onRelayed: (count) => host.relayed.push(count),
    onSlow: () => {
      host.slow++;
    },
    onLost: () => {
      host.losses++;
      host.isLost = false;
    },
    onError: (error) => {
      throw error;
    },
    register: async () => '1',
    rateLimit: () => undefined,
    flusher: () => host.flusher,
    isSerial: () => host.isSerial,
    isClosing: () => false,
  });
  const settle = (id: string) => {
    const job = { id, token: 't' } as ClaimedJob;
    return loop.settle(job, { id, token: 't', outcome: 'completed' });
  };
  return { loop, host, sent, asked, settle };
}

const A_LONG_TIME = 60_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what ended is reported at once when the slots run short', async () => {
  const { sent, settle } = scene();
  await settle('1');
  await settle('2');
  expect(sent).toEqual([
    { reported: ['1'], limit: 0 },
    { reported: ['2'], limit: 0 },
  ]);
});

test('results gather while the slots have enough to go on with, and go together when they run short', async () => {
  const { loop, host, sent, settle } = scene();
  host.patience = A_LONG_TIME;
  const settled = [settle('1')];
  await turn();
  settled.push(settle('2'), settle('3'));
  await turn();
  expect(sent).toEqual([]);
  host.patience = 0;
  host.free = 5;
  loop.hurry();
  expect(await Promise.all(settled)).toEqual([null, null, null]);
  expect(sent[0]).toEqual({ reported: ['1', '2', '3'], limit: 5 });
  host.free = 0;
});

test('results gather for no longer than they may', async () => {
  const { host, sent, settle } = scene();
  host.patience = 1;
  await settle('1');
  expect(sent).toEqual([{ reported: ['1'], limit: 0 }]);
});

test('results that gather are reported when jobs go back, and when the worker stops', async () => {
  const { loop, host, sent, settle } = scene();
  host.patience = A_LONG_TIME;
  const first = settle('1');
  await turn();
  host.patience = 0;
  loop.giveBack([{ id: '9', token: 't' } as ClaimedJob]);
  expect(await first).toBeNull();
  host.patience = A_LONG_TIME;
  const second = settle('2');
  await turn();
  await loop.stop(false);
  expect(await second).toBeNull();
  expect(sent.map(({ reported }) => reported)).toEqual([['1'], ['2']]);
});

test('a worker that is stopped by force reports nothing of what gathers', async () => {
  const { loop, host, sent, settle } = scene();
  host.patience = A_LONG_TIME;
  void settle('1');
  await turn();
  await loop.stop(true);
  expect(sent).toEqual([]);
});

test('the worker is told when it was given up, and is made known again', async () => {
  const { host, sent, settle } = scene();
  host.isLost = true;
  await settle('1');
  await settle('2');
  expect(host.losses).toBe(1);
  expect(sent.map(({ reported }) => reported)).toEqual([['1'], ['2']]);
});

/** A loop that sleeps, with so many slots free. */
async function sleeping(free: number) {
  const { loop, host, sent, asked } = scene();
  host.free = free;
  loop.prod();
  await until(() => loop.isIdle());
  sent.splice(0);
  return { loop, host, sent, asked };
}

const jobs = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, token: 't' }) as ClaimedJob);

test('one that was roused and had all its slots filled has two others roused, where there are more jobs', async () => {
  const { loop, host, sent } = await sleeping(2);
  host.jobs = jobs(2);
  host.hasMore = true;
  loop.rouse();
  expect(loop.isIdle()).toBe(false);
  await until(() => host.free === 0);
  await loop.quiet();
  expect(host.relayed).toEqual([2]);
  expect(sent[0]).toEqual({ reported: [], limit: 2 });
});

test('one that was roused and took the last job has nobody roused', async () => {
  const { loop, host } = await sleeping(1);
  host.jobs = jobs(1);
  loop.rouse();
  await until(() => host.free === 0);
  await loop.quiet();
  expect(host.relayed).toEqual([]);
});

test('one that is roused while it looks already looks once more', async () => {
  const { loop, host, asked } = await sleeping(1);
  const gate = deferred();
  host.answers = gate.promise;
  asked.splice(0);
  loop.rouse();
  await until(() => asked.length === 1);
  loop.rouse();
  gate.resolve();
  await until(() => loop.isIdle());
  expect(asked.map(({ limit }) => limit)).toEqual([1, 1]);
  expect(host.relayed).toEqual([]);
});

test('one that is roused while it looks already, and has its slots filled by that, has another roused in its place', async () => {
  const { loop, host, asked } = await sleeping(1);
  const gate = deferred();
  host.answers = gate.promise;
  host.jobs = jobs(1);
  loop.rouse();
  await until(() => asked.filter(({ limit }) => limit > 0).length === 1);
  loop.rouse();
  gate.resolve();
  await until(() => host.free === 0);
  await loop.quiet();
  expect(host.relayed).toEqual([1]);
});

test('one whose first look is lost looks again before it has anybody roused', async () => {
  const { loop, host, asked } = await sleeping(1);
  asked.splice(0);
  host.isLost = true;
  loop.rouse();
  await until(() => loop.isIdle());
  expect(asked.length).toBeGreaterThan(1);
  expect(host.relayed).toEqual([]);
});

test('one that was roused and found less than it has slots for has nobody roused', async () => {
  const { loop, host } = await sleeping(2);
  host.jobs = jobs(1);
  loop.rouse();
  await until(() => host.free === 1);
  await until(() => loop.isIdle());
  expect(host.relayed).toEqual([]);
});

test('one that was merely prodded has nobody roused, whatever it finds', async () => {
  const { loop, host } = await sleeping(1);
  host.jobs = jobs(1);
  loop.prod();
  await until(() => host.free === 0);
  await loop.quiet();
  expect(host.relayed).toEqual([]);
});

test('one that is roused and does not look, for it is paused, has another roused in its place', async () => {
  const { loop, host, sent } = await sleeping(1);
  loop.rouse();
  // Before its exchange is sent.
  host.free = 0;
  await loop.quiet();
  expect(sent.filter(({ limit }) => limit > 0)).toEqual([]);
  expect(host.relayed).toEqual([1]);
});

test('one that is roused and stopped before it looks has another roused in its place', async () => {
  const { loop, host, sent } = await sleeping(1);
  loop.rouse();
  await loop.stop(false);
  expect(sent.filter(({ limit }) => limit > 0)).toEqual([]);
  expect(host.relayed).toEqual([1]);
});

test('what is due next is told, and one that looks for it then has to prove anew that nothing can be added unnoticed', async () => {
  const { loop, host, asked } = await sleeping(1);
  expect(asked.splice(0).pop()).toMatchObject({ isAsleep: false });
  host.wakeIn = 70;
  loop.rouse();
  await until(() => loop.isIdle());
  expect(asked.splice(0)).toMatchObject([{ isAsleep: true }]);
  expect(host.dueIn).toEqual([70]);
  host.wakeIn = null;
  loop.lookAnew();
  await until(() => loop.isIdle());
  expect(asked.splice(0)).toMatchObject([{ isAsleep: false }]);
  expect(host.dueIn).toEqual([70]);
});

test('one that is roused and has no answer for a while says so, and has more roused when it has its slots filled after all', async () => {
  const { loop, host } = await sleeping(1);
  const gate = deferred();
  host.answers = gate.promise;
  host.jobs = jobs(1);
  host.hasMore = true;
  loop.rouse();
  await until(() => host.slow === 1);
  expect(host.relayed).toEqual([]);
  gate.resolve();
  await until(() => host.free === 0);
  await loop.quiet();
  expect(host.relayed).toEqual([2]);
  expect(host.slow).toBe(1);
});

test('one that could only hold a job for later is not idle', async () => {
  const { loop, host } = await sleeping(1);
  host.hasIdleSlot = false;
  expect(loop.isIdle()).toBe(false);
});

test('a claim need not wait for the disk, nor a report where jobs run side by side', async () => {
  const { loop, host, asked, settle } = scene();
  host.flusher = { flushed: async () => {} } as unknown as WalFlusher;
  for (const isSerial of [false, true]) {
    host.isSerial = isSerial;
    host.free = 1;
    loop.prod();
    await until(() => loop.isAsleep());
    host.free = 0;
    await settle('1');
    await loop.quiet();
  }
  const ways = asked.map(({ reports, mayDefer }) => [reports.length, mayDefer]);
  expect(ways).toContainEqual([1, true]);
  expect(ways).toContainEqual([1, false]);
  expect(ways.filter(([reports]) => reports === 0)).not.toContainEqual([0, false]);
});
