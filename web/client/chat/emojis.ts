/** An emoji that is offered, with its name for those who cannot see it. */
export interface OfferedEmoji {
  readonly emoji: string;
  readonly en: string;
  readonly de: string;
}

const offer = (emoji: string, en: string, de: string): OfferedEmoji => ({ emoji, en, de });

/** What people say most with one character; anything else can be typed with the keyboard's own picker. */
export const offeredEmojis: readonly OfferedEmoji[] = [
  offer('👍', 'Thumbs up', 'Daumen hoch'),
  offer('❤️', 'Heart', 'Herz'),
  offer('😂', 'Laughing with tears', 'Lacht Tränen'),
  offer('🎉', 'Party', 'Feier'),
  offer('😮', 'Surprised', 'Erstaunt'),
  offer('😢', 'Sad', 'Traurig'),
  offer('🙏', 'Thank you', 'Danke'),
  offer('👎', 'Thumbs down', 'Daumen runter'),
  offer('✅', 'Done', 'Erledigt'),
  offer('👀', 'Looking', 'Schaut hin'),
  offer('🔥', 'Fire', 'Feuer'),
  offer('💯', 'Hundred', 'Hundert'),
  offer('😀', 'Smiling', 'Lächelt'),
  offer('😉', 'Winking', 'Zwinkert'),
  offer('😍', 'In love', 'Verliebt'),
  offer('🤔', 'Thinking', 'Denkt nach'),
  offer('😅', 'Relieved', 'Erleichtert'),
  offer('🙄', 'Rolling eyes', 'Verdreht die Augen'),
  offer('😴', 'Asleep', 'Schläft'),
  offer('🤯', 'Mind blown', 'Überwältigt'),
  offer('👏', 'Applause', 'Beifall'),
  offer('🙌', 'Raised hands', 'Erhobene Hände'),
  offer('💪', 'Strong', 'Stark'),
  offer('🤝', 'Handshake', 'Händedruck'),
  offer('👋', 'Waving', 'Winkt'),
  offer('🤞', 'Fingers crossed', 'Daumen gedrückt'),
  offer('☕', 'Coffee', 'Kaffee'),
  offer('🍰', 'Cake', 'Kuchen'),
  offer('🚀', 'Rocket', 'Rakete'),
  offer('💡', 'Idea', 'Idee'),
  offer('⚠️', 'Warning', 'Warnung'),
  offer('❌', 'No', 'Nein'),
  offer('❓', 'Question', 'Frage'),
  offer('⏰', 'In time', 'Rechtzeitig'),
  offer('📌', 'Pinned', 'Angeheftet'),
  offer('📞', 'Call me', 'Bitte anrufen'),
];

/** How many of those used lately are kept. */
export const mostRecentEmojis = 8;

/** Those used lately after this one was, newest first. */
export function withRecentEmoji(recent: readonly string[], emoji: string): readonly string[] {
  return [emoji, ...recent.filter((each) => each !== emoji)].slice(0, mostRecentEmojis);
}

/** Its name; the character itself for one that is not offered. */
export function emojiName(emoji: string, language: 'en' | 'de'): string {
  return offeredEmojis.find((each) => each.emoji === emoji)?.[language] ?? emoji;
}
