import { Button, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { CheckmarkFilled } from '@fluentui/react-icons/svg/checkmark';
import { EmojiRegular } from '@fluentui/react-icons/svg/emoji';
import { MentionRegular } from '@fluentui/react-icons/svg/mention';
import { SendFilled } from '@fluentui/react-icons/svg/send';
import { TextEditStyleRegular } from '@fluentui/react-icons/svg/text-edit-style';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useShell } from '#web/client/app/shell.ts';
import { AttachButton } from '#web/client/files/attach-button.tsx';
import { useAttached } from '#web/client/files/attached.ts';
import { AttachmentBar } from '#web/client/files/attachment-bar.tsx';
import { DropZone } from '#web/client/files/drop-zone.tsx';
import { titleOf } from '#web/client/groups/group-avatar.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { ComposerHint } from './composer-hint.tsx';
import { ComposerButton, ComposerToolbar } from './composer-toolbar.tsx';
import { mentionsOf, withWriting, writingOf } from './drafts.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { goneWords } from './gone-words.ts';
import { useMentionField } from './mention-field.ts';
import { MentionPicker, mentionOptionId } from './mention-picker.tsx';
import { messageLimits } from './message-limits.ts';
import { briefly, plainText } from './plain-text.ts';
import { applyChange, insertText, markOf } from './text-field.ts';
import { type Mark, marked } from './text-marks.ts';
import { WritingBar } from './writing-bar.tsx';

const useStyles = makeStyles({
  root: { position: 'relative', flexShrink: 0 },
  tools: { padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalL} 0` },
  form: {
    display: 'flex',
    alignItems: 'flex-end',
    gap: tokens.spacingHorizontalXS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL} ${tokens.spacingVerticalS}`,
    '@media (max-width: 699px)': { paddingInline: tokens.spacingHorizontalS, gap: 0 },
  },
  field: { flexGrow: 1, minWidth: 0 },
  area: { minHeight: '36px', maxHeight: '30dvh', fieldSizing: 'content' },
});

/** Where a message is written or changed. What was begun stays with its conversation. */
export function Composer({ live }: { readonly live: LiveConversation }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.chat.composer;
  const { drafts, attachments, self, settings } = useWorkspace();
  const { inactivity, preferences } = useShell();
  const { formatting } = useStore(preferences);
  const notices = useNotices();
  const nameOf = useNameOf();
  const limits = messageLimits(useStore(settings));
  const draft = drafts.of(live.id);
  const current = useStore(draft);
  const { editing, replyTo } = current;
  const { text: written } = writingOf(current);
  const [saving, setSaving] = useState(false);
  const [emojisAt, setEmojisAt] = useState<HTMLElement>();
  const area = useRef<HTMLTextAreaElement>(null);
  const attached = useAttached(live);
  const mayAttach = editing === undefined && attached.isPossible;
  const mentioned = mentionsOf(writingOf(current));
  const tooMany = Array.isArray(mentioned) && mentioned.length > limits.mentions;
  /** There is something to send, and all of it can be, now or when its files are uploaded. */
  const isReady =
    (written.trim() !== '' || (mayAttach && attached.uploads.length > 0)) &&
    !(mayAttach && (attached.hasFailed || attached.isQueued));
  const name = live.log.kind === 'direct' ? nameOf(live.partner) : titleOf(live);
  const left = limits.units - written.length;
  const mention = useMentionField(live, area, (called) =>
    draft.set(withWriting(draft.value, { ...writingOf(draft.value), called: [...writingOf(draft.value).called, called] })),
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever answers or changes a message goes on here.
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches || replyTo !== undefined || editing !== undefined) area.current?.focus();
  }, [replyTo, editing?.target]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the draft or its files may change whether all is stored.
  useEffect(() => {
    const tell = () => inactivity.setUnsentText(drafts.hasUnstored || attachments.hasAny);
    tell();
    return drafts.onStored(tell);
  }, [current, attached.uploads, drafts, attachments, inactivity]);

  const cancel = () => {
    draft.set(editing === undefined ? { ...draft.value, replyTo: undefined } : { ...draft.value, editing: undefined });
    area.current?.focus();
  };
  const save = async (target: NonNullable<typeof editing>) => {
    const message = target.text.trim();
    setSaving(true);
    try {
      if (message !== live.message(target.target)?.text) await live.edit(target.target, message, mentionsOf(target));
      draft.set({ ...draft.value, editing: undefined });
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(words.editFailed, error);
    } finally {
      setSaving(false);
    }
  };
  const send = () => {
    const { value } = draft;
    const message = value.text.trim();
    const files = attached.take();
    if (message !== '' || files !== undefined) live.send(message, { replyTo: value.replyTo, mentions: mentionsOf(value), files });
    draft.set({ text: '', called: [], editing: value.editing });
  };
  const submit = () => {
    if (!isReady || left < 0 || tooMany || saving) return;
    if (editing !== undefined) void save(editing);
    else if (attached.isUnderWay) attached.queue(send);
    else send();
    area.current?.focus();
  };
  const editLast = (): boolean => {
    const last = live.messages.findLast(
      ({ author, text: stands, forwarded }) => author === self && stands !== undefined && forwarded === undefined,
    );
    if (last?.text === undefined) return false;
    draft.set({ ...current, editing: { target: last.entryId, text: last.text, called: [] } });
    return true;
  };
  const mark = (wanted: Mark) => {
    const { current: field } = area;
    if (field === null) return;
    const { value, selectionStart: start, selectionEnd: end } = field;
    applyChange(field, marked({ text: value, start, end }, wanted));
  };
  /** Whether a key was for the field. */
  const take = (event: KeyboardEvent): boolean => {
    if (event.nativeEvent.isComposing) return false;
    if (mention.take(event)) return true;
    const wanted = markOf(event);
    if (wanted !== undefined) mark(wanted);
    else if (event.key === 'Enter' && !event.shiftKey) submit();
    else if (event.key === 'Escape' && mayAttach && attached.isQueued) attached.unqueue();
    else if (event.key === 'Escape' && (editing !== undefined || replyTo !== undefined)) cancel();
    else if (event.key === 'ArrowUp' && written === '' && editing === undefined) return editLast();
    else return false;
    return true;
  };
  const answered = replyTo === undefined ? undefined : live.message(replyTo);
  return (
    <div className={styles.root}>
      {editing !== undefined && (
        <WritingBar
          title={words.editing}
          text={plainText(live.message(editing.target)?.text ?? '')}
          cancel={words.cancelEdit}
          onCancel={cancel}
        />
      )}
      {editing === undefined && answered && (
        <WritingBar
          title={words.replyTo(answered.author === self ? text.chat.own : nameOf(answered.author))}
          text={answered.text === undefined ? goneWords(answered, live.log, text) : briefly(answered)}
          cancel={words.cancelReply}
          onCancel={cancel}
        />
      )}
      {formatting && (
        <div className={styles.tools}>
          <ComposerToolbar onMark={mark} />
        </div>
      )}
      {mention.candidates.length > 0 && (
        <MentionPicker id={mention.id} candidates={mention.candidates} active={mention.active} onPick={mention.pick} />
      )}
      {mayAttach && (
        <AttachmentBar
          uploads={attached.uploads}
          onRemove={attached.remove}
          isQueued={attached.isQueued}
          onUnqueue={attached.unqueue}
        />
      )}
      {mayAttach && <DropZone onFiles={attached.add} />}
      <form
        className={styles.form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit();
        }}
      >
        <ComposerButton
          label={formatting ? words.hideFormat : words.showFormat}
          icon={<TextEditStyleRegular />}
          pressed={formatting}
          onClick={() => preferences.set({ ...preferences.value, formatting: !formatting })}
        />
        {mayAttach && <AttachButton onFiles={attached.add} />}
        <ComposerButton label={words.emoji} icon={<EmojiRegular />} onClick={setEmojisAt} />
        {live.log.kind !== 'direct' && (
          <ComposerButton
            label={words.mention}
            icon={<MentionRegular />}
            onClick={() => {
              if (area.current) insertText(area.current, '@');
              mention.look();
            }}
          />
        )}
        <Textarea
          className={styles.field}
          textarea={{
            ref: area,
            className: styles.area,
            rows: 1,
            'aria-describedby': 'composer-hint',
            'aria-autocomplete': live.log.kind === 'direct' ? undefined : 'list',
            'aria-controls': mention.candidates.length > 0 ? mention.id : undefined,
            'aria-activedescendant': mention.candidates.length > 0 ? mentionOptionId(mention.id, mention.active) : undefined,
          }}
          resize="none"
          // What waits to be sent is sent as it was when its author said so.
          readOnly={mayAttach && attached.isQueued}
          value={written}
          id="composer"
          aria-label={text.chat.write(name)}
          placeholder={text.chat.write(name)}
          onChange={(_, { value }) => {
            if (mayAttach && attached.isQueued) return;
            draft.set(withWriting(draft.value, { ...writingOf(draft.value), text: value }));
            if (value.trim() !== '') live.tellTyping();
            mention.look();
          }}
          onSelect={mention.look}
          onPaste={mayAttach ? attached.paste : undefined}
          onKeyDown={(event) => {
            if (take(event)) event.preventDefault();
          }}
        />
        <Button
          type="submit"
          appearance="primary"
          icon={editing === undefined ? <SendFilled /> : <CheckmarkFilled />}
          aria-label={editing === undefined ? text.chat.send : words.saveEdit}
          disabled={!isReady || left < 0 || tooMany || saving}
        />
      </form>
      <ComposerHint left={left} mostMentions={tooMany ? limits.mentions : undefined} />
      {emojisAt && (
        <EmojiPicker
          target={emojisAt}
          onClose={() => setEmojisAt(undefined)}
          onChoose={(emoji) => area.current && insertText(area.current, emoji)}
        />
      )}
    </div>
  );
}
