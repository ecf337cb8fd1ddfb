/** A picture on its way to the process that draws its previews. */
export interface PreviewTask {
  readonly bytes: Uint8Array;
  readonly mostPixels: number;
}

export interface Previews {
  /** Of the picture itself, in pixels as it is to be seen. */
  readonly width: number;
  readonly height: number;
  /** WebP. */
  readonly small: Uint8Array;
  readonly large: Uint8Array;
}

/** `refused`: why there are no previews. */
export type PreviewAnswer = Previews | { readonly refused: string };
