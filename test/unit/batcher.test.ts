import { Batcher } from '../../lib/engine/batcher';
import { type Deferred, deferred } from '../helpers/wait';

/** The batches that were sent, for the test to answer. */
function recorded() {
  const batches: { items: number[]; answer: Deferred<(string | Error)[]> }[] = [];
  const batcher = new Batcher((items: number[]) => {
    const answer = deferred<(string | Error)[]>();
    batches.push({ items, answer });
    return answer.promise;
  });
  const sent = () => batches.map(({ items }) => items);
  const answerLast = () => {
    const { items, answer } = batches.at(-1)!;
    answer.resolve(items.map(String));
  };
  return { batches, batcher, sent, answerLast };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('calls that arrive while a batch is on its way travel together in the next', async () => {
  const { batcher, sent, answerLast } = recorded();
  const first = [batcher.run(1), batcher.run(2)];
  await turn();
  const second = [batcher.run(3), batcher.run(4), batcher.run(5)];
  await turn();
  expect(sent()).toEqual([[1, 2]]);
  answerLast();
  expect(await Promise.all(first)).toEqual(['1', '2']);
  await turn();
  answerLast();
  expect(await Promise.all(second)).toEqual(['3', '4', '5']);
  expect(sent()).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test('who calls again when it is answered joins those that wait', async () => {
  const { batcher, sent, answerLast } = recorded();
  const callTwice = async (item: number) => {
    await batcher.run(item);
    for (let hop = 0; hop < 10; hop++) await null;
    await batcher.run(item);
  };
  const early = [callTwice(1), callTwice(2)];
  await turn();
  const late = callTwice(3);
  for (let answered = 0; answered < 3; answered++) {
    answerLast();
    await turn();
  }
  await Promise.all([...early, late]);
  expect(sent()).toEqual([[1, 2], [3, 1, 2], [3]]);
});

test('each call of a batch is answered for itself', async () => {
  const { batches, batcher } = recorded();
  const calls = Promise.allSettled([batcher.run(1), batcher.run(2)]);
  await turn();
  batches[0]!.answer.resolve(['1', new Error('not this one')]);
  expect(await calls).toMatchObject([{ value: '1' }, { reason: { message: 'not this one' } }]);
});

test('when a batch is refused, each of its calls is tried alone; not so when the connection was lost', async () => {
  const { batches, batcher, sent, answerLast } = recorded();
  const calls = Promise.allSettled([batcher.run(1), batcher.run(2)]);
  await turn();
  batches[0]!.answer.reject(Object.assign(new Error('refused'), { code: '23514' }));
  await turn();
  answerLast();
  await turn();
  batches[2]!.answer.reject(Object.assign(new Error('refused'), { code: '23514' }));
  expect(await calls).toMatchObject([{ value: '1' }, { reason: { message: 'refused' } }]);
  const lost = Promise.allSettled([batcher.run(3), batcher.run(4)]);
  await turn();
  batches[3]!.answer.reject(Object.assign(new Error('gone'), { code: '08006' }));
  expect(await lost).toMatchObject([
    { reason: { message: 'gone' } },
    { reason: { message: 'gone' } },
  ]);
  expect(sent()).toEqual([[1, 2], [1], [2], [3, 4]]);
});
