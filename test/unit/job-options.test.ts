import { checkJobOptions, failurePolicy, type JobsOptions } from '../../lib/options/job-options';

const check = (opts: JobsOptions, data = '{}') => checkJobOptions('mail', data, opts);

describe('checkJobOptions', () => {
  test.each<[JobsOptions]>([
    [{}],
    [{ jobId: '' }],
    [{ jobId: '007' }],
    [{ jobId: '1.5' }],
    [{ jobId: 'a:b:c' }],
    [{ jobId: 'x'.repeat(1_000) }],
    [{ priority: 0 }],
    [{ priority: 2_097_151 }],
    [{ delay: -1 }],
    [{ backoff: { type: 'fixed', jitter: 1 } }],
    [{ attempts: 0, lifo: true, failParentOnFailure: true, ignoreDependencyOnFailure: false }],
  ])('accepts %j', (opts) => {
    expect(() => check(opts)).not.toThrow();
  });

  test.each<[JobsOptions, string]>([
    [{ jobId: '12' }, 'Custom Id cannot be integers'],
    [{ jobId: '-5' }, 'Custom Id cannot be integers'],
    [{ jobId: 'a:b' }, 'Custom Id cannot contain :'],
    [{ jobId: 'a:b:c:d' }, 'Custom Id cannot contain :'],
    [{ jobId: 'a\0' }, 'Custom Id cannot contain the character U+0000'],
    [{ priority: 1.5 }, 'Priority should not be float'],
    [{ priority: Number.NaN }, 'Priority should not be float'],
    [{ priority: -1 }, 'Priority should be between 0 and 2097151'],
    [{ priority: 2_097_152 }, 'Priority should be between 0 and 2097151'],
    [{ backoff: { type: 'fixed', jitter: 1.1 } }, 'Jitter should be between 0 and 1'],
    [{ backoff: { type: 'fixed', jitter: -0.1 } }, 'Jitter should be between 0 and 1'],
    [{ delay: Number.NaN }, 'The delay of job mail must be a finite number of milliseconds'],
    [
      { attempts: Number.POSITIVE_INFINITY },
      'The option attempts of job mail must be a finite number',
    ],
    [
      { removeOnComplete: { count: Number.POSITIVE_INFINITY } },
      'The option removeOnComplete.count of job mail must be a finite number',
    ],
    [
      { timestamp: Number.NaN },
      'The timestamp of job mail must be a number of milliseconds since 1970',
    ],
    [
      { deduplication: { id: 'd', ttl: 1e300 } },
      'The deduplication ttl of job mail must be a number of milliseconds',
    ],
    [{ jobId: 'x'.repeat(1_001) }, 'Custom Id cannot be longer than 1000 bytes'],
    [
      { deduplication: { id: 'é'.repeat(501) } },
      'The deduplication id cannot be longer than 1000 bytes',
    ],
    [{ parent: { id: '', queue: 'q' } }, 'The parent of job mail needs both an id and a queue'],
    [
      { parent: { id: 'a', queue: 5 as never } },
      'The parent of job mail needs both an id and a queue',
    ],
    [
      { failParentOnFailure: true, removeDependencyOnFailure: true },
      'The following options cannot be used together: removeDependencyOnFailure, failParentOnFailure',
    ],
  ])('refuses %j', (opts, message) => {
    expect(() => check(opts)).toThrow(message);
  });

  test('counts the size of data in bytes of UTF-8', () => {
    expect(() => check({ sizeLimit: 4 }, '"é"')).not.toThrow();
    expect(() => check({ sizeLimit: 3 }, '"é"')).toThrow(
      'The size of job mail exceeds the limit 3 bytes',
    );
  });

  test('looks at the size first, then at policies, the id, and the priority', () => {
    const opts: JobsOptions = {
      sizeLimit: 1,
      failParentOnFailure: true,
      continueParentOnFailure: true,
      jobId: '1',
      priority: 0.5,
    };
    expect(() => check(opts)).toThrow('exceeds the limit');
    expect(() => check({ ...opts, sizeLimit: 99 })).toThrow('cannot be used together');
    expect(() => check({ jobId: '1', priority: 0.5 })).toThrow('Custom Id cannot be integers');
  });

  test('refuses names that no job can have', () => {
    expect(() => checkJobOptions(7 as never, '{}', {})).toThrow(
      'The name of a job must be a string',
    );
    expect(() => checkJobOptions('\0', '{}', {})).toThrow('cannot contain the character U+0000');
  });
});

describe('failurePolicy', () => {
  test.each([
    [{}, undefined],
    [{ failParentOnFailure: true }, 'fail-parent'],
    [{ continueParentOnFailure: true }, 'continue-parent'],
    [{ ignoreDependencyOnFailure: true }, 'ignore'],
    [{ removeDependencyOnFailure: true }, 'remove'],
    [{ removeDependencyOnFailure: false }, undefined],
  ])('of %j is %s', (opts, policy) => {
    expect(failurePolicy(opts)).toBe(policy);
  });
});
