import { once } from 'node:events';
import net from 'node:net';

/** A TCP proxy before the test's server, which sees what passes and can fall silent. */
export interface TcpProxy {
  /** That of the server, by way of the proxy. */
  url: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Statements that passed so far: what clients sent that the server has to answer. */
  readonly statements: number;
  /** From now on nothing passes on the open connections whose traffic has matched, in either direction; they stay open. */
  blackHole(matching?: RegExp): void;
  /** Nothing passes any more, on new connections neither, until the network is said to be back for those to come. */
  silence(): { end(): void };
  close(): Promise<void>;
}

/** Ends of what a client asks for at once: of a simple query, or of an extended one. */
const ASKING = new Set(['Q', 'S']);

export async function startProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url);
  const links = new Set<{ client: net.Socket; server: net.Socket; said: string; isCut: boolean }>();
  let statements = 0;
  let isSilent = false;
  const listener = net.createServer((client) => {
    const server = net.connect(Number(target.port), target.hostname);
    const link = { client, server, said: '', isCut: isSilent };
    links.add(link);
    const countStatements = frameReader((type) => {
      if (ASKING.has(type)) statements++;
    });
    client.on('data', (chunk) => {
      if (link.isCut) return;
      link.said += chunk.toString('latin1');
      countStatements(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!link.isCut) client.write(chunk);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        links.delete(link);
        if (!link.isCut) other.destroy();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((listener.address() as net.AddressInfo).port);
  return {
    url: own.href,
    get connections() {
      return links.size;
    },
    get statements() {
      return statements;
    },
    blackHole(matching = /^/) {
      for (const link of links) link.isCut ||= matching.test(link.said);
    },
    silence() {
      isSilent = true;
      for (const link of links) link.isCut = true;
      return {
        end: () => {
          isSilent = false;
        },
      };
    },
    async close() {
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}

/**
 * Cuts what a client sends into its messages and tells the type of each, the first (the startup,
 * which has none) as ''.
 */
export function frameReader(
  onFrame: (type: string, frame: Buffer) => void,
  hasStartup = true,
): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isStarted = !hasStartup;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = isStarted ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return;
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      const type = isStarted ? String.fromCharCode(frame[0]!) : '';
      isStarted = true;
      onFrame(type, frame);
    }
  };
}
