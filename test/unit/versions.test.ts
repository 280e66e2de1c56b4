import { compareVersions } from '../../lib/store/migrator';

describe('compareVersions', () => {
  test.each([
    ['0.9.0', '0.10.0'],
    ['0.1.0', '0.1.1'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.2', '1.0.0-rc.10'],
    ['1.0.0-beta.2', '1.0.0-rc.1'],
    ['0.9.9', '1.0.0-rc.1'],
  ])('has %s before %s', (earlier, later) => {
    expect(compareVersions(earlier, later)).toBeLessThan(0);
    expect(compareVersions(later, earlier)).toBeGreaterThan(0);
    expect(compareVersions(later, later)).toBe(0);
  });
});
