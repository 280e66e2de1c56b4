import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from '../../../lib';
import { withClient } from '../../helpers/test-server';
import { until } from '../../helpers/wait';
import { type Committed, judge, type Verdict } from './verdict';
import { ENTITY_TABLE, write } from './writer';

const QUEUE = 'stress';
/** How the line of the last event ends. */
const END = ' end \n';

export interface StressOptions {
  /** A migrated database. */
  url: string;
  writers: number;
  /** Events to be committed, at least; more when no victim has been killed by then for each there is. */
  events: number;
  /** Readers that are killed again and again; another one lives through. */
  victims: number;
  /** Milliseconds that a victim lives, at least and at most. */
  life: readonly [number, number];
  onProgress?(progress: { committed: number; kills: number }): void;
}

export interface StressResult {
  committed: Committed;
  kills: number;
  /** The one that lived through first. */
  readers: Verdict[];
  /** Whether all readers got the same ids in the same order. */
  areAlike: boolean;
}

/** Lets many write events while readers are killed and resume, until all have read the last one. */
export async function stressEvents(options: StressOptions): Promise<StressResult> {
  const { url, writers, victims, onProgress } = options;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-events-'));
  const queue = new Queue(QUEUE, {
    connection: url,
    streams: { events: { maxLen: 100_000_000, log: true } },
  });
  const progress = { committed: 0, kills: 0 };
  const readers: Reader[] = [];
  try {
    const queueId = await queue.queueId();
    await withClient(url, (client) => client.query(ENTITY_TABLE));
    for (let i = 0; i <= victims; i++) readers.push(new Reader(url, path.join(directory, `${i}`)));
    const [survivor, ...mortals] = readers as [Reader, ...Reader[]];
    survivor.start();
    let isWriting = true;
    const dying = mortals.map(async (reader) => {
      while (isWriting) {
        reader.start();
        await reader.diesAfterReading(options.life);
        progress.kills++;
      }
      reader.start();
    });
    const ticker = setInterval(() => onProgress?.(progress), 2_000);
    await Promise.all(
      Array.from({ length: writers }, () =>
        write({
          url,
          queueName: QUEUE,
          goesOn: () => progress.committed < options.events || progress.kills < victims,
          onCommitted: (events) => {
            progress.committed += events;
          },
        }),
      ),
    );
    isWriting = false;
    await withClient(url, (client) =>
      client.query(`select tuskmq.publish_event($1, 'end', '{}')`, [queueId]),
    );
    await Promise.all(dying);
    for (const reader of readers) {
      await until(() => reader.hasReadAll(), {
        timeout: 60_000,
        interval: 50,
        message: 'a reader to read the last event',
      });
    }
    clearInterval(ticker);
    const committed = await readCommitted(url, queueId);
    const logs = readers.map((reader) => reader.lines());
    return {
      committed,
      kills: progress.kills,
      readers: logs.map((lines) => judge(lines, committed)),
      areAlike: new Set(logs.map((lines) => lines.join('\n'))).size === 1,
    };
  } finally {
    await Promise.all(readers.map((reader) => reader.kill()));
    await queue.close();
    fs.rmSync(directory, { recursive: true });
  }
}

/** A reader: a file of what it has read, and the process that does it, as long as it lives. */
class Reader {
  private child: ChildProcess | undefined;

  constructor(
    private readonly url: string,
    private readonly file: string,
  ) {
    fs.writeFileSync(file, '');
  }

  start(): void {
    this.child = fork(path.join(__dirname, 'reader.ts'), [this.url, QUEUE, this.file], {
      execArgv: ['--import', 'tsx'],
    });
  }

  /** Kills it some time after it has begun to read. */
  async diesAfterReading([least, most]: readonly [number, number]): Promise<void> {
    const { size } = fs.statSync(this.file);
    await until(() => fs.statSync(this.file).size > size || this.hasReadAll(), {
      timeout: 30_000,
      message: 'a reader to read',
    });
    await sleep(least + Math.random() * (most - least));
    await this.kill();
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  hasReadAll(): boolean {
    const { size } = fs.statSync(this.file);
    const tail = Buffer.alloc(Math.min(size, END.length));
    const descriptor = fs.openSync(this.file, 'r');
    fs.readSync(descriptor, tail, 0, tail.length, size - tail.length);
    fs.closeSync(descriptor);
    return tail.toString() === END;
  }

  lines(): string[] {
    return fs.readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
  }
}

async function readCommitted(url: string, queueId: number): Promise<Committed> {
  return withClient(url, async (client) => {
    const jobs = await client.query('select id from tuskmq.job where queue_id = $1', [queueId]);
    const entities = await client.query('select id, changes from entity');
    return {
      jobIds: jobs.rows.map(({ id }) => id),
      changes: new Map(entities.rows.map(({ id, changes }) => [id, changes])),
    };
  });
}
