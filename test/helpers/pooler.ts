import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { frameReader } from './tcp-proxy';
import { until } from './wait';

/** A pooler in transaction mode before the test's server. */
export interface Pooler {
  url: string;
  stop(): Promise<void>;
}

/** A connection to the server, for whoever has the next transaction. */
interface ServerLink {
  socket: net.Socket;
  holder: ClientLink | undefined;
}

interface ClientLink {
  socket: net.Socket;
  server: ServerLink | undefined;
  /** Messages up to one that asks for an answer, for which there is no server yet. */
  queued: Buffer[];
}

/**
 * Transaction pooling as PgBouncer does it, in a hundred lines, for machines without PgBouncer: each
 * transaction goes to the connection that was free for longest, whoever opened it; clients are
 * given process ids that are no server's, and hear no notifications.
 */
export async function startFakePooler(url: string): Promise<Pooler> {
  const target = new URL(url);
  const free: ServerLink[] = [];
  const all = new Set<net.Socket>();
  const waiting: ClientLink[] = [];

  const give = () => {
    while (free.length > 0 && waiting.length > 0) {
      const client = waiting.shift()!;
      const server = free.shift()!;
      client.server = server;
      server.holder = client;
      for (const frame of client.queued.splice(0)) server.socket.write(frame);
    }
  };

  const listener = net.createServer((socket) => {
    const client: ClientLink = { socket, server: undefined, queued: [] };
    const server: ServerLink = {
      socket: net.connect(Number(target.port), target.hostname),
      holder: client,
    };
    client.server = server;
    all.add(socket).add(server.socket);

    const fromServer = frameReader((type, frame) => {
      const { holder } = server;
      if (type === 'A') return;
      if (type === 'K') frame.writeInt32BE(0x7fff0000 | all.size, 5);
      holder?.socket.write(frame);
      // Z: ready; I: outside of a transaction.
      if (type === 'Z' && frame[5] === 0x49) {
        if (holder) holder.server = undefined;
        server.holder = undefined;
        free.push(server);
        give();
      }
    }, false);
    server.socket.on('data', fromServer);

    let message: Buffer[] = [];
    const fromClient = frameReader((type, frame) => {
      if (type === 'X') return;
      message.push(frame);
      // Startup and password are answered by the server that the client came with.
      if (type !== 'Q' && type !== 'S' && type !== '' && type !== 'p') return;
      const frames = message.splice(0);
      if (client.server) for (const each of frames) client.server.socket.write(each);
      else {
        client.queued.push(...frames);
        waiting.push(client);
        give();
      }
    });
    socket.on('data', fromClient);
    socket.on('error', () => {});
    socket.on('close', () => {
      message = [];
      // In the middle of a transaction: the server rolls back.
      client.server?.socket.destroy();
    });
    server.socket.on('error', () => {});
    server.socket.on('close', () => {
      const at = free.indexOf(server);
      if (at >= 0) free.splice(at, 1);
      server.holder?.socket.destroy();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: at(url, (listener.address() as net.AddressInfo).port),
    async stop() {
      for (const socket of all) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Where Debian's package has it; undefined when it is not installed. */
export function installedPgBouncer(): string | undefined {
  return ['pgbouncer', '/usr/sbin/pgbouncer'].find(
    (command) => spawnSync(command, ['--version']).status === 0,
  );
}

/** An instance of its own, on a free port, with its files in the temporary folder. */
export async function startPgBouncer(command: string, url: string): Promise<Pooler> {
  const target = new URL(url);
  const port = await freePort();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-pgbouncer-'));
  const isRoot = process.getuid?.() === 0;
  const file = path.join(directory, 'pgbouncer.ini');
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 5,
    max_client_conn: 200,
    // It refuses to run as root.
    ...(isRoot ? { user: 'nobody' } : {}),
  };
  const password = target.password ? ` password=${decodeURIComponent(target.password)}` : '';
  fs.writeFileSync(
    file,
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port} user=${target.username}${password}`,
      '[pgbouncer]',
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );
  if (isRoot) fs.chmodSync(directory, 0o755);
  const bouncer: ChildProcess = spawn(command, ['-q', file], { stdio: 'ignore' });
  const exited = once(bouncer, 'exit');
  await until(() => answers(port), { message: 'PgBouncer to listen' });
  return {
    url: at(url, port),
    async stop() {
      bouncer.kill('SIGTERM');
      await exited;
      fs.rmSync(directory, { recursive: true });
    },
  };
}

function at(url: string, port: number): string {
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(port);
  return own.href;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const answer = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return answer;
}
