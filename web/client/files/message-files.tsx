import { Button, makeStyles, Spinner, Text, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download';
import { useState } from 'react';
import type { FileRef } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { useDownload, useFileState, usePreview } from './file-hooks.ts';
import { FileIcon } from './file-icon.tsx';
import { PictureDialog } from './picture-dialog.tsx';

/** Largest that a preview stands in a message, in pixels. */
const most = { width: 320, height: 240 } as const;

const useStyles = makeStyles({
  files: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, paddingBlock: tokens.spacingVerticalXS },
  chip: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minWidth: 0,
    maxWidth: '100%',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
  },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0, flexGrow: 1 },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  second: { color: tokens.colorNeutralForeground3 },
  refused: { color: tokens.colorStatusDangerForeground1 },
  picture: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    maxWidth: '100%',
    minWidth: 'unset',
    padding: 0,
    overflow: 'hidden',
    border: 'none',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  image: { display: 'block', width: '100%', height: '100%', objectFit: 'cover' },
});

/** The files of a message: pictures as previews that can be enlarged, all others to be saved. */
export function MessageFiles({ files }: { readonly files: readonly FileRef[] }) {
  const styles = useStyles();
  return (
    <div className={styles.files}>
      {files.map((file) => (
        <MessageFile key={file.fileId} file={file} />
      ))}
    </div>
  );
}

function MessageFile({ file }: { readonly file: FileRef }) {
  const state = useFileState(file);
  const isPicture = file.width !== undefined && file.height !== undefined;
  const preview = usePreview(file, 'small', isPicture && state === 'ready');
  const isShown = isPicture && (state === undefined || state === 'ready') && preview !== 'failed';
  return isShown ? <PicturePreview file={file} preview={preview} /> : <FileChip file={file} />;
}

function PicturePreview({ file, preview }: { readonly file: FileRef; readonly preview: string | undefined }) {
  const styles = useStyles();
  const { text } = useWords();
  const [isOpen, setOpen] = useState(false);
  const { name, width = 1, height = 1 } = file;
  // The place is kept from the beginning, so that nothing moves when the picture comes.
  const scale = Math.min(1, most.width / width, most.height / height);
  const box = { width: Math.max(48, Math.round(width * scale)), aspectRatio: `${width} / ${height}`, maxHeight: most.height };
  return (
    <>
      <Button
        appearance="subtle"
        className={styles.picture}
        style={box}
        aria-label={text.files.open(name)}
        onClick={() => setOpen(true)}
      >
        {preview === undefined ? (
          <Spinner size="tiny" />
        ) : (
          <img className={styles.image} src={preview} alt={text.files.picture(name)} />
        )}
      </Button>
      {isOpen && <PictureDialog file={file} small={preview} onClose={() => setOpen(false)} />}
    </>
  );
}

function FileChip({ file }: { readonly file: FileRef }) {
  const styles = useStyles();
  const { text, format } = useWords();
  const state = useFileState(file);
  const download = useDownload();
  const { name, size } = file;
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toUpperCase() : undefined;
  const kind = [format.bytes(size), ...(extension === undefined ? [] : [extension])].join(' · ');
  const label = text.files.download(name);
  return (
    <div className={styles.chip} data-file={state ?? 'asked'}>
      <FileIcon name={name} />
      <div className={styles.words}>
        <Text className={styles.name} title={name}>
          {name}
        </Text>
        <Text size={200} className={state === 'refused' ? styles.refused : styles.second}>
          {state === undefined || state === 'ready' ? kind : `${kind} · ${text.files.state[state]}`}
        </Text>
      </div>
      {(state === undefined || state === 'ready') && (
        <Tooltip content={label} relationship="label">
          <Button size="small" appearance="subtle" icon={<ArrowDownloadRegular />} onClick={() => void download(file)} />
        </Tooltip>
      )}
    </div>
  );
}
