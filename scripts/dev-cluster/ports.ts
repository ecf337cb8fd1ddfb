import { createServer } from 'node:net';
import type { Plan } from './plan.ts';

/** @throws Error naming the first port that is taken, and what to do. */
export async function assertPortsFree({ servers, redis }: Plan): Promise<void> {
  const ports = [...servers.map(({ url }) => Number(new URL(url).port)), redis.port];
  for (const port of ports) {
    if (await isTaken(port))
      throw new Error(`port ${port} is taken; stop what listens there, or give another: npm start -- --port 9000`);
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
