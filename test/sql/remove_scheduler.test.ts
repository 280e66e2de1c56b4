import { useInstances } from '../helpers/instances';
import { START, schedule } from '../helpers/schedule';

const on = useInstances();
const every = { every_ms: 1000 };

describe('remove_scheduler', () => {
  test('removes a delayed job, and leaves one that waits', async () => {
    const s = await schedule(on);
    await s.upsert({ ...every, startDate: START + 10 });
    await s.remove();
    expect(await s.slots()).toEqual([]);
    await s.upsert(every);
    await s.remove();
    expect(await s.slots()).toEqual(['0 waiting']);
  });
});
