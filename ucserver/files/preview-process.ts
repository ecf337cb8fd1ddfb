import sharp, { type ResizeOptions } from 'sharp';
import { previewPixels } from './file-store.ts';
import type { PreviewAnswer, PreviewTask } from './preview-task.ts';

/**
 * Makes previews, in a process of its own: what strangers send is drawn by native code, and whatever that does, the server lives.
 * One task after another; ends when its server does.
 */
sharp.cache(false);
sharp.concurrency(1);
process.on('disconnect', () => process.exit(0));
process.on('message', (task: PreviewTask) => {
  draw(task)
    .catch((error: unknown): PreviewAnswer => ({ refused: error instanceof Error ? error.message : String(error) }))
    .then((answer) => process.send?.(answer));
});

async function draw({ bytes, mostPixels }: PreviewTask): Promise<PreviewAnswer> {
  const open = () => sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true, pages: 1 }).autoOrient();
  const { autoOrient } = await open().metadata();
  // Read once; nothing but the pixels gets into the result: neither where a photo was taken nor by whom.
  const { data, info } = await open().resize(inside(previewPixels.large)).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = () => sharp(data, { raw: { width, height, channels } });
  const large = await pixels().webp({ quality: 80, effort: 2 }).toBuffer();
  const small = await pixels().resize(inside(previewPixels.small)).webp({ quality: 80 }).toBuffer();
  return { width: autoOrient.width, height: autoOrient.height, small, large } as PreviewAnswer;
}

function inside(pixels: number): ResizeOptions {
  return { width: pixels, height: pixels, fit: 'inside', withoutEnlargement: true };
}
