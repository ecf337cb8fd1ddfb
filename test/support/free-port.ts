import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports are taken from below those that the kernel gives to outgoing connections (32768 and up): one of these could be taken by
 * any connection between the choice and the listening.
 */
const lowest = 10_000;
const highest = 32_000;

/**
 * A TCP port of the loopback address that nobody listened on a moment ago. Prefer port 0 where the listener can tell its port;
 * this is for programs that must be told one.
 */
export async function freePort(): Promise<number> {
  return freePortRow(1);
}

/** Several different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** The first of several free ports in a row. */
export async function freePortRow(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(lowest, highest - count);
    const row = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(row.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
