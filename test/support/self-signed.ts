import { execFileSync } from 'node:child_process';

/** Writes a key and a certificate for `localhost` and 127.0.0.1, valid for a day, as PEM files. */
export function selfSigned(keyFile: string, certificateFile: string): void {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', names];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync('openssl', [...request, ...kind, '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' });
}
