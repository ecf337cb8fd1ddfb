import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import type { FileRef } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { useDownload, usePreview } from './file-hooks.ts';

const useStyles = makeStyles({
  surface: { maxWidth: 'min(1340px, 96vw)', width: 'fit-content' },
  title: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  content: { display: 'flex', justifyContent: 'center', minHeight: '120px' },
  image: { display: 'block', maxWidth: '100%', maxHeight: '72dvh', objectFit: 'contain' },
  failed: { color: tokens.colorStatusDangerForeground1, alignSelf: 'center' },
});

export interface PictureDialogProps {
  readonly file: FileRef;
  /** What is shown until the large one is here. */
  readonly small: string | undefined;
  readonly onClose: () => void;
}

/** A picture as large as the window lets it be. */
export function PictureDialog({ file, small, onClose }: PictureDialogProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  const download = useDownload();
  const large = usePreview(file, 'large', true);
  const { name, size, width, height } = file;
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle
            className={styles.title}
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={text.app.close} onClick={onClose} />}
          >
            {name}
          </DialogTitle>
          <DialogContent className={styles.content}>
            {large === 'failed' ? (
              <Text className={styles.failed}>{text.files.pictureFailed}</Text>
            ) : (
              <img className={styles.image} src={large ?? small} width={width} height={height} alt={text.files.picture(name)} />
            )}
          </DialogContent>
          <DialogActions>
            <Text size={200}>{format.bytes(size)}</Text>
            <Button icon={<ArrowDownloadRegular />} onClick={() => void download(file)}>
              {text.files.save}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
