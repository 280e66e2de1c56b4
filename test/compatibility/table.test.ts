import { readFileSync } from 'node:fs';
import { findFaults } from '../../scripts/compatibility/find-faults';
import { pageFile, readFacts } from '../../scripts/compatibility/read-facts';
import type { PublicType } from '../../scripts/compatibility/read-types';
import { differs, notHere, same, type Verdicts } from '../../scripts/compatibility/verdict';
import { verdicts } from '../../scripts/compatibility/verdicts';

describe('the table of compatibility', () => {
  const facts = readFacts();

  test('has a true verdict for everything that BullMQ exports, each same one proved by a test', () => {
    expect(findFaults(verdicts, facts)).toEqual([]);
  });

  test('is the page in docs, as `npm run compatibility` writes it', () => {
    expect(readFileSync(pageFile, 'utf8')).toBe(facts.page);
  });

  test('reads inherited members, statics and events of BullMQ', () => {
    const members = (name: string) => facts.bullmq.get(name)?.members;
    expect(members('Queue')).toEqual(
      expect.arrayContaining(['constructor', 'add', 'getJobs', 'toKey', 'defaultJobOptions']),
    );
    expect(members('Worker')).toContain('static RateLimitError');
    expect(members('QueueEventsListener')).toContain('retries-exhausted');
    expect(members('JobsOptions')).toEqual(expect.arrayContaining(['attempts', 'deduplication']));
    expect(members('Queue')).not.toContain('listenerCount');
    expect(members('Queue')).not.toContain('closed');
  });
});

describe('findFaults', () => {
  const type = (...members: string[]): PublicType => ({ kind: 'class', members });
  const find = (given: Verdicts, theirs: string[], own: string[]) =>
    findFaults(given, {
      bullmq: new Map([['Queue', type(...theirs)]]),
      ours: new Map([['Queue', type(...own)]]),
      tests: new Set(['a title']),
    });

  test.each<[string, Verdicts, string[], string[], string]>([
    [
      'without verdict',
      { Queue: {} },
      ['add'],
      ['add'],
      'Queue.add: BullMQ has it, and it has no verdict',
    ],
    [
      'that is missing',
      { Queue: { add: same('a title') } },
      ['add'],
      [],
      'Queue.add: is said to be here, and is not',
    ],
    [
      'that is there',
      { Queue: { add: notHere('why') } },
      ['add'],
      ['add'],
      'Queue.add: is said to be not here, and is',
    ],
    [
      'without its test',
      { Queue: { add: same('no title') } },
      ['add'],
      ['add'],
      'Queue.add: no test is called "no title"',
    ],
    [
      'that is gone',
      { Queue: { add: differs('how') } },
      [],
      ['add'],
      'Queue.add: BullMQ does not have it',
    ],
    ['of no export', {}, [], [], 'Queue: BullMQ exports it, and it has no verdict'],
    [
      'unnamed',
      { Queue: same('a title') },
      ['add'],
      ['add'],
      'Queue: has members, each of which needs a verdict',
    ],
  ])('finds a member %s', (_, given, theirs, own, fault) => {
    expect(find(given, theirs, own)).toEqual([fault]);
  });

  test('takes members of a type that is not here for not here', () => {
    const type: PublicType = { kind: 'type', members: ['max'] };
    const given = (verdict: Verdicts[string]) =>
      findFaults(
        { Limits: verdict },
        { bullmq: new Map([['Limits', type]]), ours: new Map(), tests: new Set(['a title']) },
      );
    expect(given({ max: notHere('why') })).toEqual([]);
    expect(given({ max: same('a title') })).toEqual([
      'Limits: is said to be here, and is not exported',
    ]);
  });

  test('finds nothing when all is true', () => {
    const given = { Queue: { add: same('a title'), drain: notHere('why') } };
    expect(find(given, ['add', 'drain'], ['add', 'more'])).toEqual([]);
  });
});
