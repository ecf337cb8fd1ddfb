import { createRoot } from 'react-dom/client';
import { IndexedDbCredentialStore } from '#web/api/browser/indexed-db-store.ts';
import { Client } from '#web/api/index.ts';
import { App } from './app/app.tsx';
import { createPreferences } from './app/preferences.ts';
import { browserDevice } from './session/browser-device.ts';
import { InactivityWatch } from './session/inactivity.ts';
import { registerShellWorker } from './session/shell-worker.ts';
import { createWorkerClock } from './session/worker-clock.ts';
import './page.css';

const client = new Client({
  servers: [location.origin],
  device: browserDevice(),
  store: new IndexedDbCredentialStore(),
  clock: createWorkerClock(),
});
const inactivity = new InactivityWatch(client);

// A network that is back, or a page that is woken, is no time to wait for the next try.
addEventListener('online', () => client.retryNow());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') client.retryNow();
});
registerShellWorker(client);
void inactivity.begin();
void client.resume();

const root = document.getElementById('root');
if (!root) throw new TypeError('The page has no root');
createRoot(root).render(<App shell={{ client, preferences: createPreferences(), inactivity }} />);
