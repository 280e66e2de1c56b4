import { FlowProducer, Job, Queue, Worker } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

class Greeting extends Job {
  greet(): string {
    return `Hello ${this.data.name}`;
  }
}

class GreetingQueue extends Queue {
  protected override get Job(): typeof Job {
    return Greeting as typeof Job;
  }
}

class GreetingFlow extends FlowProducer {
  protected override get Job(): typeof Job {
    return Greeting as typeof Job;
  }
}

class GreetingWorker extends Worker {
  protected override get Job(): typeof Job {
    return Greeting as typeof Job;
  }
}

describe('a subclass with a class of jobs of its own', () => {
  test('makes them of what it adds, reads and runs', async () => {
    const queue = new GreetingQueue(on.name(), { connection: on.url });
    const [added] = [await queue.add('a', { name: 'Ada' }), await queue.addBulk([])];
    expect((added as Greeting).greet()).toBe('Hello Ada');
    expect((await queue.getJob('1')) as Greeting).toBeInstanceOf(Greeting);
    expect((await queue.getJobs())[0]).toBeInstanceOf(Greeting);
    const flow = new GreetingFlow({ connection: on.url });
    const { job } = await flow.add({ name: 'f', queueName: on.name(), data: { name: 'Eve' } });
    expect((job as Greeting).greet()).toBe('Hello Eve');
    await flow.close();
    const worker = new GreetingWorker(queue.name, async (job) => (job as Greeting).greet(), {
      connection: on.url,
    });
    const heard = record(worker, 'completed');
    await until(() => heard.length === 1);
    expect(heard[0]![2]).toBe('Hello Ada');
    const hand = new GreetingWorker(queue.name, null, { connection: on.url });
    await queue.add('b', { name: 'Bob' });
    await worker.close();
    await Promise.all([hand.close(), queue.close()]);
  });
});
