import assert from 'node:assert/strict';
import { Metrics } from '#shared/runtime/metrics.ts';

describe('Metrics', () => {
  it('keeps two servers of one process apart', async () => {
    const [one, two] = ['server-1', 'server-2'].map((server) => new Metrics({ labels: { server } }));
    assert.ok(one && two);
    one.counter('requests_total', 'Requests.', ['method']).inc({ method: 'ping' }, 2);
    two.counter('requests_total', 'Requests.', ['method']).inc({ method: 'ping' });
    assert.match(await one.print(), /^ucmesh_requests_total\{method="ping",server="server-1"\} 2$/m);
    assert.match(await two.print(), /^ucmesh_requests_total\{method="ping",server="server-2"\} 1$/m);
  });

  it('reads gauges when they are asked for, and sorts observations into buckets', async () => {
    const metrics = new Metrics();
    let sessions = 3;
    metrics.gauge('sessions', 'Sessions.', { read: (gauge) => gauge.set(sessions) });
    metrics.histogram('answer_seconds', 'Time to answer.', [0.01, 0.1]).observe(0.05);
    sessions = 4;
    const printed = await metrics.print();
    assert.match(printed, /^ucmesh_sessions 4$/m);
    assert.match(printed, /^ucmesh_answer_seconds_bucket\{le="0.1"\} 1$/m);
    assert.match(metrics.contentType, /text\/plain/);
  });
});
