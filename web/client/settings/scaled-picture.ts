/** Edge of a stored picture, in pixels. */
const edge = 256;

/** The middle square of a picture, scaled to what servers store; `undefined` when the file is no picture. */
export async function scaledPicture(file: Blob): Promise<Blob | undefined> {
  let source: ImageBitmap;
  try {
    source = await createImageBitmap(file);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
  const side = Math.min(source.width, source.height);
  const canvas = new OffscreenCanvas(edge, edge);
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, (source.width - side) / 2, (source.height - side) / 2, side, side, 0, 0, edge, edge);
  source.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.88 });
}
