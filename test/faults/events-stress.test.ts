import { createDatabase, type TestDatabase } from '../helpers/database';
import { type StressResult, stressEvents } from './events-stress/stress';

let database: TestDatabase;
let result: StressResult;

beforeAll(async () => {
  database = await createDatabase();
  result = await stressEvents({
    url: database.url,
    writers: 24,
    events: 4_000,
    victims: 2,
    life: [0, 300],
  });
}, 90_000);

afterAll(() => database.drop());

describe('QueueEvents under many writers', () => {
  test('lose, repeat and disorder nothing, also when they are killed and resume', () => {
    expect(result.kills).toBeGreaterThanOrEqual(2);
    for (const { lost, repeated, disordered } of result.readers) {
      expect({ lost, repeated, disordered }).toEqual({ lost: 0, repeated: 0, disordered: 0 });
    }
    expect(result.readers[0]!.events).toBeGreaterThan(4_000);
  });

  test('all read the same events in the same order with the same ids', () => {
    expect(result.areAlike).toBe(true);
  });

  test('read events whose transactions took early numbers and committed late', () => {
    expect(result.readers[0]!.late).toBeGreaterThan(0);
  });
});
