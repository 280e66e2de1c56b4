/**
 * A program: writes each event that it gets as a line to a file, at once, so that the file knows
 * exactly what was done whenever the process is killed; and goes on after the last line that is there.
 */

import fs from 'node:fs';
import { QueueEvents, type QueueEventsListener } from '../../../lib';

interface Listener extends QueueEventsListener {
  changed: (args: { jobId: string; n: number }, id: string) => void;
  end: (args: object, id: string) => void;
}

const [url, queueName, file] = process.argv.slice(2) as [string, string, string];
const lastLine = fs.readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
const lastEventId = lastLine ? lastLine.split(' ')[0]! : '0';
const descriptor = fs.openSync(file, 'a');

const events = new QueueEvents(queueName, { connection: url, lastEventId });
events.on('error', () => {});
const log = (id: string, name: string, about: string) =>
  fs.writeSync(descriptor, `${id} ${name} ${about}\n`);
for (const name of ['added', 'waiting'] as const) {
  events.on(name, ({ jobId }: { jobId: string }, id: string) => log(id, name, jobId));
}
events.on<Listener>('changed', ({ jobId, n }: { jobId: string; n: number }, id: string) =>
  log(id, 'changed', `${jobId} ${n}`),
);
events.on<Listener>('end', (_: object, id: string) => log(id, 'end', ''));
process.once('disconnect', () => process.exit());
