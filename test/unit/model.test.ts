import { isConnectionError, markUnsent } from '../../lib/db/database';
import {
  DelayedError,
  InvalidPayloadError,
  isNamed,
  isRateLimitError,
  isVerdict,
  missingParentError,
  RateLimitError,
  type Refusal,
  refusalError,
  toError,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
} from '../../lib/model/errors';
import { toJobState } from '../../lib/model/job-state';
import { dataText, toJsonText, toStorableText } from '../../lib/model/json';
import { checkQueueName, parseQualifiedName, qualifiedName } from '../../lib/model/names';

describe('refusalError', () => {
  test.each<[Refusal, string, number]>([
    ['missing', 'Missing key for job 7. cmd', -1],
    ['lock_missing', 'Missing lock for job 7. cmd', -2],
    ['already_settled', 'Missing lock for job 7. cmd', -2],
    ['not_active', 'Job 7 is not in the active state. cmd', -3],
    ['not_in_state', 'Job 7 is not in the active state. cmd', -3],
    ['pending_children', 'Job 7 has pending dependencies. cmd', -4],
    ['lock_mismatch', 'Lock mismatch for job 7. Cmd cmd from active', -6],
    ['failed_children', 'Cannot complete job 7 because it has at least one failed child. cmd', -9],
  ])('of %s says "%s"', (refusal, message, code) => {
    const error = refusalError(refusal, '7', 'cmd');
    expect([error.message, (error as { code?: number }).code]).toEqual([message, code]);
    expect(error instanceof UnrecoverableError).toBe(code === -9);
  });

  test('names the state that was needed', () => {
    expect(refusalError('not_in_state', '7', 'promote', 'delayed').message).toBe(
      'Job 7 is not in the delayed state. promote',
    );
  });
});

describe('errors', () => {
  test.each([
    [new DelayedError(), 'DelayedError', 'bullmq:movedToDelayed'],
    [new WaitingError(), 'WaitingError', 'bullmq:movedToWait'],
    [new WaitingChildrenError(), 'WaitingChildrenError', 'bullmq:movedToWaitingChildren'],
    [new RateLimitError(), 'RateLimitError', 'bullmq:rateLimitExceeded'],
    [new UnrecoverableError(), 'UnrecoverableError', 'bullmq:unrecoverable'],
  ])('%s has a name and a message that survive a process', (error, name, message) => {
    expect([error.name, error.message]).toEqual([name, message]);
    expect(isNamed(Object.assign(new Error(), { name }), name)).toBe(true);
    expect(isNamed({ name }, name)).toBe(false);
  });

  test.each(['ECONNREFUSED', 'EAI_AGAIN', '08006', '57P01'])(
    'with code %s are of the connection',
    (code) => {
      expect(isConnectionError(Object.assign(new Error('x'), { code }))).toBe(true);
      expect(isConnectionError(Object.assign(new Error('x'), { code: '23505' }))).toBe(false);
    },
  );

  test('of a statement that was not sent are of the connection, whatever they say', () => {
    const error = Object.assign(new Error('password authentication failed'), { code: '28P01' });
    expect(isConnectionError(error)).toBe(false);
    expect(isConnectionError(markUnsent(error))).toBe(true);
  });

  test('of subclasses have the names of these, and mean what their parents do', () => {
    class Mine extends UnrecoverableError {}
    const renamed = Object.assign(new Mine(), { name: 'Other' });
    expect([new Mine().name, isVerdict(new Mine(), 'UnrecoverableError')]).toEqual(['Mine', true]);
    expect(isVerdict(renamed, 'UnrecoverableError')).toBe(true);
    expect(isVerdict(renamed, 'DelayedError')).toBe(false);
  });

  test('of a rate limit are known by message alone', () => {
    expect(isRateLimitError(new Error('bullmq:rateLimitExceeded'))).toBe(true);
    expect(isRateLimitError(new RateLimitError('mine'))).toBe(false);
  });

  test('of an unknown parent name its key', () => {
    expect(missingParentError('bull:q:1')).toMatchObject({
      message: 'Missing key for parent job bull:q:1. addJob',
      code: -5,
    });
  });
});

describe('toError', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  test.each([
    ['text', 'text'],
    [null, 'the processor threw null'],
    [undefined, 'the processor threw undefined'],
    [7, '7'],
    [Symbol('s'), 'Symbol(s)'],
    [{ a: 1 }, '{"a":1}'],
    [cycle, '[object Object]'],
    [Object.assign(new RangeError(), { message: undefined }), 'RangeError'],
  ])('of %p has a message worth reading', (thrown, message) => {
    const error = toError(thrown);
    expect([error.message, error.cause]).toEqual([message, thrown]);
  });

  test.each([
    new TypeError('t'),
    { message: 'of another realm', code: 'ENOENT' },
    Object.assign(new Error(), { message: 5 }),
  ])('is what has a message as it is: %p', (error) => {
    expect(toError(error)).toBe(error);
  });
});

describe('toJsonText', () => {
  test('takes undefined for null, and what has no JSON too', () => {
    expect([undefined, () => {}, null, 0, ''].map((value) => toJsonText(value, 'It'))).toEqual([
      'null',
      'null',
      'null',
      '0',
      '""',
    ]);
  });

  test('has no data for undefined, and null only for what JSON makes null', () => {
    const texts = [undefined, () => {}, null, Number.NaN].map((data) => dataText(data, 'It'));
    expect(texts).toEqual(['{}', '{}', 'null', 'null']);
  });

  test('refuses what JSON cannot hold, and says what it was', () => {
    expect(() => toJsonText(1n, 'The data of job a')).toThrow(InvalidPayloadError);
    expect(() => toJsonText(1n, 'The data of job a')).toThrow(
      /\(The data of job a cannot be stored as JSON\)$/,
    );
  });
});

describe('toStorableText', () => {
  test('replaces what PostgreSQL cannot hold, and nothing else', () => {
    expect(toStorableText('a\0b\ud800c\udc00 \u{1F418} é')).toBe(
      'a\uFFFDb\uFFFDc\uFFFD \u{1F418} é',
    );
  });
});

describe('names', () => {
  test.each([
    ['bull:q', 'bull', 'q'],
    ['{a:b}:q', '{a:b}', 'q'],
    ['q', 'bull', 'q'],
  ])('%s is of prefix %s and queue %s', (qualified, prefix, name) => {
    expect(parseQualifiedName(qualified)).toEqual({ prefix, name });
    expect(parseQualifiedName(qualifiedName(prefix, name))).toEqual({ prefix, name });
  });

  test.each([
    ['', 'Queue name must be provided'],
    [undefined, 'Queue name must be provided'],
    ['a:b', 'Queue name cannot contain :'],
    ['a\0', 'Queue name cannot contain the character U+0000'],
  ])('%p is none of a queue', (name, message) => {
    expect(() => checkQueueName(name)).toThrow(message);
  });

  test('wait is a synonym of waiting', () => {
    expect([toJobState('wait'), toJobState('failed')]).toEqual(['waiting', 'failed']);
  });
});
