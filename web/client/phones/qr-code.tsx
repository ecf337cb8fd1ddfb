import { makeStyles } from '@fluentui/react-components';
import encodeQR from 'qr';
import { useMemo } from 'react';

const useStyles = makeStyles({
  // Readers want dark on light, whatever the theme.
  code: { width: '200px', maxWidth: '100%', height: 'auto', backgroundColor: '#ffffff', forcedColorAdjust: 'none' },
});

/** A text as QR code (ISO/IEC 18004). */
export function QrCode({ content, label }: { readonly content: string; readonly label: string }) {
  const styles = useStyles();
  const { size, path } = useMemo(() => {
    const dots = encodeQR(content, 'raw', { border: 4 });
    const squares = dots.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: dots.length, path: squares.join('') };
  }, [content]);
  return (
    <svg role="img" aria-label={label} className={styles.code} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <path d={path} fill="#000000" />
    </svg>
  );
}
