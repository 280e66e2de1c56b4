import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from '../helpers/bundle';

export interface Sample {
  /** Jobs completed by then. */
  done: number;
  /** Of the heap in use, after a full collection. */
  bytes: number;
}

export interface HeapUse {
  samples: Sample[];
  /** Bytes that outlived the young generation, in all. */
  promotedBytes: number;
}

/** The heap of a worker while it runs so many jobs: one sample each tenth. */
export async function sampleHeap(
  url: string,
  jobs: number,
  onSample: (sample: Sample) => void = () => {},
): Promise<HeapUse> {
  const program = await bundle(path.join(__dirname, 'drain-program.ts'));
  try {
    const child = fork(program.file, [`${jobs}`], {
      execArgv: ['--expose-gc', '--trace-gc-nvp'],
      env: { ...process.env, DATABASE_URL: url },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const samples: Sample[] = [];
    let promotedBytes = 0;
    createInterface(child.stdout!).on('line', (line) => {
      promotedBytes += Number(/ promoted=(\d+)/.exec(line)?.[1] ?? 0);
    });
    child.on('message', (sample) => {
      samples.push(sample as Sample);
      onSample(sample as Sample);
    });
    // When all that it wrote has been read.
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the worker ended with exit code ${code}`);
    return { samples, promotedBytes };
  } finally {
    program.remove();
  }
}

/** Bytes by which the heap grew from its second sample, when all code is warm, to its last ones. */
export function growth(samples: readonly Sample[]): number {
  const least = Math.min(...samples.slice(-3).map(({ bytes }) => bytes));
  return least - samples[1]!.bytes;
}
