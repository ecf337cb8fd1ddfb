import type { PositioningProps } from '@fluentui/react-components';

/** What a menu belongs to: an element, or a place in the page. */
export type OverlayTarget = NonNullable<PositioningProps['target']>;

/** The place where somebody pressed. */
export function pointTarget(x: number, y: number): OverlayTarget {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}
