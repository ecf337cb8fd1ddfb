import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { ConfigError, defineConfig, loadConfig, parseConfig, secret, withoutSecrets } from '#shared/runtime/config.ts';
import { printConfigManual, printSampleConfig } from '#shared/runtime/config-print.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

const http = z
  .strictObject({
    port: z.number().int().min(0).max(65_535).default(8080).describe('Port of the server.'),
    publicUrl: z.url().describe('How browsers reach the server.'),
    origins: z.array(z.string()).default([]).describe('Origins of pages that may connect.'),
    tls: z
      .strictObject({
        cert: z.string().optional().describe('File with the certificate.'),
        key: z.string().optional().describe('File with its key.'),
        versions: z.array(z.string()).default(['1.3']).describe('Versions that are spoken.'),
      })
      .superRefine(({ cert, key }, context) => {
        if ((cert === undefined) !== (key === undefined)) {
          context.addIssue({ code: 'custom', path: ['key'], message: 'cert and key belong together' });
        }
      })
      .optional()
      .describe('Present = HTTPS.'),
  })
  .describe('What browsers talk to.');
const mesh = z.strictObject({ password: secret(z.string().min(16)).describe('Signs what servers say.') });
const log = z.strictObject({ level: z.enum(['info', 'debug']).default('info').describe('What is written | kept.') }).prefault({});
const schema = defineConfig({ http, mesh, log });

const good = 'http: { publicUrl: "https://uc.example" }\nmesh: { password: sixteen-letters- }\n';

/** What is wrong with the configuration: `path: message`. */
function problemsOf(yaml: string, environment: Record<string, string> = {}): string[] {
  try {
    parseConfig(schema, yaml, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.exitCode, 2);
    for (const { path } of error.problems) assert.ok(error.message.includes(path));
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('configuration', () => {
  it('fills in defaults', () => {
    assert.deepEqual(parseConfig(schema, good), {
      http: { port: 8080, publicUrl: 'https://uc.example', origins: [] },
      mesh: { password: 'sixteen-letters-' },
      log: { level: 'info' },
    });
  });

  it('takes the environment before the file, with the type of the setting', () => {
    const config = parseConfig(schema, good, {
      UCMESH_HTTP_PORT: '9000',
      UCMESH_HTTP_ORIGINS: '[https://a.example, https://b.example]',
      UCMESH_HTTP_TLS_CERT: 'cert.pem',
      UCMESH_HTTP_TLS_KEY: 'key.pem',
      UCMESH_MESH_PASSWORD: '1234567890123456',
      UCMESH_LOG_LEVEL: '',
      UCMESH_TEST_LONG: '1',
      HOME: '/',
    });
    assert.equal(config.http.port, 9000);
    assert.deepEqual(config.http.origins, ['https://a.example', 'https://b.example']);
    assert.deepEqual(config.http.tls, { cert: 'cert.pem', key: 'key.pem', versions: ['1.3'] });
    assert.equal(config.mesh.password, '1234567890123456');
  });

  it('lists all problems at once: unknown, wrong, missing, contradictory', () => {
    const yaml = 'http: { prot: 1, tls: { cert: a, kye: b, versions: 13 } }\nmesh: { password: short }\nlogs: {}\n';
    assert.deepEqual(problemsOf(yaml, { UCMESH_HTTP_PORT: 'many', UCMESH_HTTP_HOST: 'x' }).sort(), [
      'UCMESH_HTTP_HOST: there is no setting for this variable of the environment',
      'http.port: expected number, received string (set by UCMESH_HTTP_PORT)',
      'http.prot: there is no such setting',
      'http.publicUrl: is missing',
      'http.tls.key: cert and key belong together',
      'http.tls.kye: there is no such setting',
      'http.tls.versions: expected array, received number',
      'logs: there is no such setting',
      'mesh.password: Too small: expected string to have >=16 characters',
    ]);
  });

  it('names settings of sections that are left out', () => {
    assert.deepEqual(problemsOf(''), ['http.publicUrl: is missing', 'mesh.password: is missing']);
  });

  it('says where YAML is malformed without repeating what stands there', () => {
    const [problem = ''] = problemsOf('mesh: { password: "sesame\nhttp: }');
    assert.match(problem, /line 2, column \d+/);
    assert.doesNotMatch(problem, /sesame/);
    assert.match(problemsOf('- a\n- b').join(), /must hold sections/);
  });

  it('reads a file, and says so when it cannot', () => {
    using folder = new TempFolder('config');
    writeFileSync(folder.file('ucmesh.yaml'), good);
    assert.equal(loadConfig(schema, { file: folder.file('ucmesh.yaml') }).http.port, 8080);
    assert.throws(() => loadConfig(schema, { file: folder.file('none.yaml') }), /cannot read .*none\.yaml/);
  });

  it('hides secrets', () => {
    const config = parseConfig(schema, good);
    assert.deepEqual(withoutSecrets(schema, config), { ...config, mesh: { password: '***' } });
  });

  it('takes a section that is a choice', () => {
    const engine = z.discriminatedUnion('engine', [
      z.strictObject({ engine: z.literal('file').describe('A file.'), path: z.string().describe('Where it is.') }),
      z.strictObject({
        engine: z.literal('server').describe('A server.'),
        password: secret(z.string()).describe('Its password.'),
        port: z.int().default(1433).describe('Its port.'),
      }),
    ]);
    const choice = defineConfig({ store: engine });
    const environment = { UCMESH_STORE_ENGINE: 'server', UCMESH_STORE_PASSWORD: 'x' };
    const config = parseConfig(choice, '', environment);
    assert.deepEqual(config.store, { engine: 'server', password: 'x', port: 1433 });
    assert.deepEqual(withoutSecrets(choice, config), { store: { engine: 'server', password: '***', port: 1433 } });
    assert.throws(() => parseConfig(choice, 'store: { path: a }', environment), /store\.path: there is no such setting/);
    assert.match(printConfigManual(choice), /`store\.engine` \| one of file, server \| \*\*required\*\*/);
  });

  it('refuses settings without description and variables with two meanings', () => {
    assert.throws(() => defineConfig({ a: z.strictObject({ b: z.string() }) }), /a\.b has no description/);
    const text = z.string().describe('A text.');
    assert.throws(
      () => defineConfig({ a: z.strictObject({ bC: text, b: z.strictObject({ c: text }) }) }),
      /a\.bC and a\.b\.c would both be set by UCMESH_A_B_C/,
    );
  });

  it('prints a sample that is complete but for what only the operator knows', () => {
    const sample = printSampleConfig(schema);
    assert.match(sample, /# Port of the server\.\n {2}# port: 8080/);
    assert.deepEqual(parse(sample), { http: { publicUrl: null }, mesh: { password: null } });
    const filled = sample
      .replace('publicUrl: # required', 'publicUrl: https://uc.example')
      .replace('password: # required', 'password: sixteen-letters-');
    assert.deepEqual(parseConfig(schema, filled), parseConfig(schema, good));
  });

  it('prints a manual', () => {
    const manual = printConfigManual(schema);
    assert.match(manual, /## http\n\nWhat browsers talk to\./);
    assert.ok(manual.includes('| `http.port` | whole number 0–65535 | `8080` | `UCMESH_HTTP_PORT` | Port of the server. |'));
    assert.ok(manual.includes('| `http.publicUrl` | URL | **required** | `UCMESH_HTTP_PUBLIC_URL` |'));
    assert.ok(manual.includes('| `http.tls.cert` | text | – |'));
    assert.ok(
      manual.includes('| `mesh.password` | text | **required** | `UCMESH_MESH_PASSWORD` | Signs what servers say. Secret. |'),
    );
    assert.ok(manual.includes('| `log.level` | one of info, debug | `info` | `UCMESH_LOG_LEVEL` | What is written \\| kept. |'));
  });
});
