import { Button, makeStyles, ProgressBar, Text, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons/svg/arrow-clockwise';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import { PauseRegular } from '@fluentui/react-icons/svg/pause';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import type { ReactElement } from 'react';
import type { FileUpload } from '#web/api/index.ts';
import type { Words } from '#web/ui/text.ts';
import { useWords } from '#web/ui/text.ts';
import { mayTryAgain } from './attachments.ts';
import { FileIcon } from './file-icon.tsx';

const useStyles = makeStyles({
  list: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    margin: 0,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL} 0`,
    listStyleType: 'none',
    maxHeight: '30dvh',
    overflowY: 'auto',
  },
  upload: {
    display: 'grid',
    gridTemplateColumns: 'auto 1fr auto auto',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    boxSizing: 'border-box',
    width: '300px',
    maxWidth: '100%',
    padding: tokens.spacingHorizontalS,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  words: { minWidth: 0, display: 'flex', flexDirection: 'column' },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  second: { color: tokens.colorNeutralForeground3 },
  failed: { color: tokens.colorStatusDangerForeground1 },
  hint: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground3,
    paddingInline: tokens.spacingHorizontalL,
  },
  bar: { gridColumn: '1 / -1', marginTop: tokens.spacingVerticalXS },
});

export interface AttachmentBarProps {
  readonly uploads: readonly FileUpload[];
  readonly onRemove: (upload: FileUpload) => void;
  /** The message waits for its files. */
  readonly isQueued: boolean;
  readonly onUnqueue: () => void;
}

/** The files that go with the message that is being written, and how far each has got. */
export function AttachmentBar({ uploads, onRemove, isQueued, onUnqueue }: AttachmentBarProps) {
  const styles = useStyles();
  const { text } = useWords();
  if (uploads.length === 0) return null;
  return (
    <>
      <ul className={styles.list} aria-label={text.files.attached}>
        {uploads.map((upload) => (
          <UploadItem key={upload.fileId} upload={upload} onRemove={() => onRemove(upload)} />
        ))}
      </ul>
      <div className={styles.hint}>
        <Text size={200} role="status">
          {isQueued ? text.files.queued : hintOf(uploads, text.files)}
        </Text>
        {isQueued && (
          <Button size="small" onClick={onUnqueue}>
            {text.files.unqueue}
          </Button>
        )}
      </div>
    </>
  );
}

function UploadItem({ upload, onRemove }: { readonly upload: FileUpload; readonly onRemove: () => void }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { name, size, sentBytes, phase } = upload;
  const share = size === 0 ? 1 : sentBytes / size;
  const percent = Math.floor(share * 100);
  return (
    <li className={styles.upload} data-upload={phase}>
      <FileIcon name={name} />
      <div className={styles.words}>
        <Text className={styles.name} title={name}>
          {name}
        </Text>
        <Text
          size={200}
          className={phase === 'failed' ? styles.failed : styles.second}
          role={phase === 'failed' ? 'alert' : undefined}
        >
          {phase === 'uploading' ? `${text.files.progress(percent)} · ${format.bytes(size)}` : lineOf(upload, words)}
        </Text>
      </div>
      <UploadAct upload={upload} />
      <Act label={text.files.remove(name)} icon={<DismissRegular />} onClick={onRemove} />
      {phase !== 'done' && phase !== 'failed' && (
        <ProgressBar
          className={styles.bar}
          aria-label={name}
          aria-valuetext={text.files.progress(percent)}
          {...(phase === 'finishing' ? {} : { value: share })}
        />
      )}
    </li>
  );
}

function UploadAct({ upload }: { readonly upload: FileUpload }) {
  const { text } = useWords();
  const { name, phase } = upload;
  if (phase === 'uploading' || phase === 'waiting')
    return <Act label={text.files.pause(name)} icon={<PauseRegular />} onClick={() => upload.pause()} />;
  if (phase === 'paused') return <Act label={text.files.resume(name)} icon={<PlayRegular />} onClick={() => upload.resume()} />;
  if (mayTryAgain(upload))
    return <Act label={text.files.retry(name)} icon={<ArrowClockwiseRegular />} onClick={() => upload.resume()} />;
  return <span />;
}

function Act({ label, icon, onClick }: { readonly label: string; readonly icon: ReactElement; readonly onClick: () => void }) {
  return (
    <Tooltip content={label} relationship="label">
      <Button size="small" appearance="subtle" icon={icon} onClick={onClick} />
    </Tooltip>
  );
}

/** What stands between these files and being sent. */
function hintOf(uploads: readonly FileUpload[], words: Words['text']['files']): string | undefined {
  if (uploads.some(({ phase }) => phase === 'failed')) return words.notAllUploaded;
  return uploads.some(({ phase }) => phase !== 'done') ? words.untilUploaded : undefined;
}

/** How an upload is doing, or what is wrong with it. */
function lineOf({ phase, error, size }: FileUpload, { text: { files }, format }: Words): string {
  if (phase === 'done') return format.bytes(size);
  if (phase === 'waiting' && error?.code === 'STORAGE_UNAVAILABLE') return files.storeAway;
  if (phase === 'waiting' && error?.code === 'RATE_LIMITED') return files.tooManyUploads;
  if (phase !== 'failed' || error === undefined) return files.phases[phase];
  const { code, details = {} } = error;
  if (code === 'TOO_LARGE' && typeof details.maxBytes === 'number') return files.tooLarge(format.bytes(details.maxBytes));
  if (code === 'QUOTA_EXCEEDED')
    return files.quota(format.bytes(Math.max(0, Number(details.quotaBytes) - Number(details.usedBytes))));
  if (code === 'FORBIDDEN' && typeof details.extension === 'string') return files.blocked(details.extension);
  return error.field === 'name' ? files.refusedName : files.phases.failed;
}
