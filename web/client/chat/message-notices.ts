import { useEffect, useState } from 'react';
import type { Arrival } from '#web/api/index.ts';
import { useConversationChanges, useWorkspace } from '#web/client/app/hooks.ts';
import { go, routeOf } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { useWords } from '#web/ui/text.ts';

/**
 * Tells of messages that arrive: to screen readers in the page, and with a notification of the browser while the page is not in
 * front, unless its user does not want to be disturbed. Answers what screen readers are to say.
 */
export function useMessageNotices(): string {
  const { conversations, people, ownPresence } = useWorkspace();
  const { preferences } = useShell();
  const { text } = useWords();
  const [announced, setAnnounced] = useState('');
  useConversationChanges();
  const unread = conversations.list.reduce((sum, { log }) => sum + log.unread, 0);

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${text.app.name}` : text.app.name;
  }, [unread, text]);

  useEffect(() => {
    const arrived = ({ conversation, entries }: Arrival) => {
      const last = entries.at(-1);
      const written = typeof last?.body.text === 'string' ? last.body.text : '';
      const name = people.get(conversation.partner)?.name ?? text.app.unknownPerson;
      const route = routeOf(location.pathname);
      const looking = document.visibilityState === 'visible' && document.hasFocus();
      const open = route.view === 'chat' && route.userId === conversation.partner;
      if (looking) setAnnounced(open ? text.chat.said(name, written) : text.notification.title(name));
      const own = ownPresence.value;
      const disturb = own === undefined || own === 'failed' || own.presence.state !== 'doNotDisturb';
      const { notify, notifyText } = preferences.value;
      if (looking || !notify || !disturb) return;
      void showNotification(text.notification.title(name), notifyText ? written : text.notification.hidden, conversation.partner);
    };
    return conversations.onArrival(arrived);
  }, [conversations, people, ownPresence, preferences, text]);

  return announced;
}

/** One notification per person; a newer one takes the place of that before it. */
async function showNotification(title: string, body: string, userId: Arrival['conversation']['partner']): Promise<void> {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const options: NotificationOptions = { body, tag: userId, icon: '/icon-192.png', data: { path: `/chat/${userId}` } };
  const registration = await navigator.serviceWorker?.getRegistration();
  // Phones only show those of a service worker, which then also hears the click.
  if (registration) return registration.showNotification(title, options);
  const notification = new Notification(title, options);
  notification.onclick = () => {
    focus();
    go({ view: 'chat', userId });
    notification.close();
  };
}
