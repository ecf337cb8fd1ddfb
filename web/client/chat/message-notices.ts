import { useEffect, useState } from 'react';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import type { Arrival } from '#web/api/index.ts';
import { useConversationChanges, useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { go, pathOf, routeOf, routeTo } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { titleOf } from '#web/client/groups/group-avatar.tsx';
import { isMuted, mentions, unreadIn } from '#web/client/groups/muting.ts';
import { useWords } from '#web/ui/text.ts';
import { briefly } from './plain-text.ts';

/**
 * Tells of messages that arrive: to screen readers in the page, and with a notification of the browser while the page is not in
 * front, unless its user does not want to be disturbed. Answers what screen readers are to say.
 */
export function useMessageNotices(): string {
  const { client, self, conversations, people, ownPresence } = useWorkspace();
  const { preferences } = useShell();
  const { text } = useWords();
  const [announced, setAnnounced] = useState('');
  useConversationChanges();
  const unread = unreadIn(conversations.list, useNow());

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${text.app.name}` : text.app.name;
  }, [unread, text]);

  useEffect(() => {
    const arrived = ({ conversation, entries }: Arrival) => {
      const last = entries.at(-1);
      const written = briefly((last?.body ?? {}) as Partial<EntryBodies['message']>);
      const { notify, notifyText, notifyMentions } = preferences.value;
      const called = notifyMentions && entries.some((entry) => mentions(entry, self));
      if (isMuted(conversation.log.mutedUntil, client.now()) && !called) return;
      const author = people.get(last?.author ?? conversation.partner)?.name ?? text.app.unknownPerson;
      const name = conversation.log.kind === 'direct' ? author : text.notification.inGroup(author, titleOf(conversation));
      const looking = document.visibilityState === 'visible' && document.hasFocus();
      const path = pathOf(routeTo(conversation));
      const open = location.pathname === path;
      if (looking) setAnnounced(open ? text.chat.said(name, written) : text.notification.title(name));
      const own = ownPresence.value;
      const disturb = own === undefined || own === 'failed' || own.presence.state !== 'doNotDisturb';
      if (looking || !notify || !disturb) return;
      void showNotification(text.notification.title(name), notifyText ? written : text.notification.hidden, path);
    };
    return conversations.onArrival(arrived);
  }, [client, self, conversations, people, ownPresence, preferences, text]);

  return announced;
}

/** One notification per conversation; a newer one takes the place of that before it. */
async function showNotification(title: string, body: string, path: string): Promise<void> {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const options: NotificationOptions = { body, tag: path, icon: '/icon-192.png', data: { path } };
  const registration = await navigator.serviceWorker?.getRegistration();
  // Phones only show those of a service worker, which then also hears the click.
  if (registration) return registration.showNotification(title, options);
  const notification = new Notification(title, options);
  notification.onclick = () => {
    focus();
    go(routeOf(path));
    notification.close();
  };
}
