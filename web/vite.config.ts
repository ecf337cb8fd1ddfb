import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const serviceWorker = 'service-worker.js';

/** Files of `client/public` that belong to the shell. */
const publicFiles = ['/manifest.webmanifest', '/icon.svg', '/icon-192.png', '/icon-512.png', '/icon-maskable-512.png'];

/** Tells the service worker which files make up the shell, so that it changes with each build that changes one. */
function shellFiles(): Plugin {
  return {
    name: 'shell-files',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = bundle[serviceWorker];
        if (worker?.type !== 'chunk') throw new Error('The build has no service worker');
        const names = Object.keys(bundle).filter(
          (name) => name !== serviceWorker && !name.endsWith('.html') && !name.endsWith('.map'),
        );
        const files = [...names.map((name) => `/${name}`), ...publicFiles].sort();
        const version = createHash('sha256').update(files.join('\n')).update(worker.code).digest('hex').slice(0, 12);
        worker.code = worker.code.replaceAll('__SHELL__', JSON.stringify({ version, files }));
      },
    },
  };
}

export default defineConfig({
  root: here('client'),
  publicDir: here('client/public'),
  plugins: [react(), shellFiles()],
  resolve: { alias: { '#web': here('.'), '#shared': here('../shared') } },
  worker: { format: 'es' },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2024',
    // An inlined file would be a data: URL, which the content security policy refuses for scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_500,
    rollupOptions: {
      input: { main: here('client/index.html'), 'service-worker': here('client/service-worker/service-worker.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? serviceWorker : 'assets/[name]-[hash].js'),
      },
    },
  },
});
