import { Exchanges } from '../../lib/engine/exchanges';
import type { Exchange, ExchangeRequest } from '../../lib/store/store';
import { type Deferred, deferred } from '../helpers/wait';

/** What is due when a transaction has taken too long, for the test to say when that is. */
const mockOverdue: Set<() => void> = new Set();

jest.mock('../../lib/model/clock', () => ({
  ...jest.requireActual('../../lib/model/clock'),
  setTimeout: (callback: () => void) => {
    mockOverdue.add(callback);
    return callback;
  },
  clearTimeout: (callback: () => void) => mockOverdue.delete(callback),
}));

const takeTooLong = () => {
  const [overdue, ...others] = mockOverdue;
  expect(others).toEqual([]);
  mockOverdue.clear();
  overdue!();
};

beforeEach(() => mockOverdue.clear());

interface Call {
  queueIds: number[];
  answer: Deferred<Exchange[]>;
}

/** The transactions that were begun, for the test to answer. */
function recorded(connections: number) {
  const calls: Call[] = [];
  const call = (requests: readonly ExchangeRequest[]) => {
    const answer = deferred<Exchange[]>();
    calls.push({ queueIds: requests.map(({ queueId }) => queueId), answer });
    return answer.promise;
  };
  const store = {
    settleAndClaim: async (request: ExchangeRequest) => (await call([request]))[0]!,
    settleAndClaimAll: call,
  };
  const exchanges = new Exchanges({ onceInTurn: store, hasty: store }, connections);
  /** Runs an exchange for each, and says what became of it. */
  const run = (...requests: Partial<ExchangeRequest>[]) =>
    requests.map((fields) => {
      const request = { reports: [], limit: 1, isHungry: false, isAsleep: false, ...fields };
      return exchanges.run(request as unknown as ExchangeRequest).then(
        ({ wakeIn }) => wakeIn,
        (error: Error) => error.message,
      );
    });
  const sent = () => calls.map(({ queueIds }) => queueIds);
  return { calls, run, sent };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const queues = (...ids: number[]) => ids.map((queueId) => ({ queueId }));
const answers = ({ queueIds }: Call) => queueIds.map((wakeIn) => ({ wakeIn }) as Exchange);
const failure = (code: string) => Object.assign(new Error(code), { code });

test('those that wait for a connection travel together, in order of their queues', async () => {
  const { calls, run, sent } = recorded(2);
  const first = run(...queues(9));
  await turn();
  const second = run(...queues(8));
  await turn();
  const others = run(...queues(5, 7, 3));
  await turn();
  expect(sent()).toEqual([[9], [8]]);
  calls[0]!.answer.resolve(answers(calls[0]!));
  await turn();
  expect(sent()).toEqual([[9], [8], [3, 5, 7]]);
  for (const call of calls) call.answer.resolve(answers(call));
  expect(await Promise.all([...first, ...second, ...others])).toEqual([9, 8, 5, 7, 3]);
});

test.each<[string, Partial<ExchangeRequest>[], number[][]]>([
  ['50 exchanges', queues(...Array(55).keys()), [[...Array(50).keys()], [50, 51, 52, 53, 54]]],
  ['200 jobs', [1, 2, 3].map((queueId) => ({ queueId, limit: 90 })), [[1, 2], [3]]],
  [
    'results of two million characters',
    [1, 2, 3].map((queueId) => ({
      queueId,
      reports: [{ id: 'a', token: 't', outcome: 'completed', value: 'x'.repeat(900_000) }],
    })),
    [[1, 2], [3]],
  ],
  ['one exchange of each queue', queues(1, 2, 1, 2, 1), [[1, 2], [1, 2], [1]]],
])('no transaction holds more than %s', async (_, requests, expected) => {
  const { calls, run, sent } = recorded(1);
  const done = run(...requests);
  for (const batch of expected) {
    await turn();
    expect(sent().at(-1)).toEqual(batch);
    calls.at(-1)!.answer.resolve(answers(calls.at(-1)!));
  }
  expect(await Promise.all(done)).toEqual(requests.map(({ queueId }) => queueId));
  expect(calls).toHaveLength(expected.length);
});

const ended = { id: 'a', token: 't', outcome: 'completed' } as const;

test.each<[string, Partial<ExchangeRequest>]>([
  ['the last look before sleeping', { isHungry: true }],
  ['a child', { reports: [{ ...ended, has_parent: true }] }],
  ['a job with a deduplication id', { reports: [{ ...ended, deduplication_id: 'd' }] }],
  ['a job that was to be moved', { reports: [ended, { ...ended, outcome: 'moved' }] }],
])('%s goes alone, and waits for nobody', async (_, fields) => {
  const { run, sent } = recorded(1);
  run(...queues(1, 2), { queueId: 3, ...fields }, { queueId: 4, ...fields });
  await turn();
  expect(sent()).toEqual([[3], [4], [1, 2]]);
});

test.each(['40P01', '55P03', '22003', '23505'])(
  'when the server refuses a batch with %s, each is tried alone',
  async (code) => {
    const { calls, run, sent } = recorded(2);
    const done = run(...queues(1, 2, 3));
    await turn();
    calls[0]!.answer.reject(failure(code));
    await turn();
    expect(sent()).toEqual([[1, 2, 3], [1], [2], [3]]);
    calls[1]!.answer.resolve(answers(calls[1]!));
    calls[2]!.answer.reject(failure('22003'));
    calls[3]!.answer.resolve(answers(calls[3]!));
    expect(await Promise.all(done)).toEqual([1, '22003', 3]);
    run(...queues(4));
    await turn();
    expect(sent().at(-1)).toEqual([4]);
  },
);

test.each(['ECONNRESET', '57P01', '08006', '53200', '25006'])(
  'none is sent again after %s: nobody knows whether it happened, or it is no better alone',
  async (code) => {
    const { calls, run, sent } = recorded(2);
    const done = run(...queues(1, 2, 3));
    await turn();
    calls[0]!.answer.reject(failure(code));
    expect(await Promise.all(done)).toEqual([code, code, code]);
    expect(sent()).toEqual([[1, 2, 3]]);
  },
);

test('others go past a transaction that waits, and one at a time again when it is over', async () => {
  const { calls, run, sent } = recorded(1);
  run(...queues(1));
  await turn();
  run(...queues(2));
  await turn();
  expect(sent()).toEqual([[1]]);
  takeTooLong();
  await turn();
  expect(sent()).toEqual([[1], [2]]);
  calls[0]!.answer.resolve(answers(calls[0]!));
  await turn();
  run(...queues(3));
  await turn();
  expect(sent()).toEqual([[1], [2]]);
  calls[1]!.answer.resolve(answers(calls[1]!));
  await turn();
  expect(sent()).toEqual([[1], [2], [3]]);
});
