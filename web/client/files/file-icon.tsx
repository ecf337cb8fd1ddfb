import { DocumentRegular } from '@fluentui/react-icons/svg/document';
import { DocumentPdfRegular } from '@fluentui/react-icons/svg/document-pdf';
import { FolderZipRegular } from '@fluentui/react-icons/svg/folder-zip';
import { ImageRegular } from '@fluentui/react-icons/svg/image';
import { VideoRegular } from '@fluentui/react-icons/svg/video';

const look = { fontSize: 24, style: { flexShrink: 0 }, 'aria-hidden': true } as const;

/** What kind of file a name promises. */
export function FileIcon({ name }: { readonly name: string }) {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'tif', 'tiff', 'svg', 'heic'].includes(extension))
    return <ImageRegular {...look} />;
  if (['mp4', 'webm', 'mov', 'mkv', 'avi'].includes(extension)) return <VideoRegular {...look} />;
  if (['zip', '7z', 'gz', 'tar', 'rar'].includes(extension)) return <FolderZipRegular {...look} />;
  if (extension === 'pdf') return <DocumentPdfRegular {...look} />;
  return <DocumentRegular {...look} />;
}
