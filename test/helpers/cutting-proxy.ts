import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** A way to the database that can be cut at a chosen moment. */
export interface DatabaseProxy {
  /** Of the same database, through the proxy. */
  url: string;
  /**
   * Cuts the next connection on which the client sends this text: `before` the server gets it, or
   * `after` the server has answered, with the answer lost; or it stays open, and the answer and all that follows is `withheld`.
   * Resolves when it is cut.
   */
  cut(text: string, when: Cut['when']): Promise<void>;
  close(): Promise<void>;
}

interface Cut {
  text: string;
  when: 'before' | 'after' | 'withheld';
  done(): void;
}

export async function startProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cut: Cut | undefined;

  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port || 5432), target.hostname);
    let lost: Cut | undefined;
    const hangUp = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', hangUp);
      socket.on('close', () => {
        sockets.delete(socket);
        hangUp();
      });
    }
    client.on('data', (data) => {
      if (cut && data.includes(cut.text)) {
        lost = cut;
        cut = undefined;
        if (lost.when === 'before') {
          hangUp();
          return lost.done();
        }
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!lost) {
        client.write(data);
        return;
      }
      if (lost.when === 'after') hangUp();
      lost.done();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = `${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut: (text, when) =>
      new Promise((resolve) => {
        cut = { text, when, done: resolve };
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
