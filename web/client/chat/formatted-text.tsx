import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { Fragment, type ReactNode, useMemo } from 'react';
import { type Block, type Inline, parseFormatting } from '#shared/protocol/formatting.ts';
import { mentionPieces } from './mention-pieces.ts';

const useStyles = makeStyles({
  paragraph: { margin: 0, whiteSpace: 'pre-wrap' },
  quote: {
    margin: `${tokens.spacingVerticalXS} 0`,
    paddingLeft: tokens.spacingHorizontalS,
    borderLeft: `3px solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'pre-wrap',
  },
  list: { margin: 0, paddingLeft: '22px' },
  item: { whiteSpace: 'pre-wrap' },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: '0.93em',
    padding: '0 3px',
    borderRadius: tokens.borderRadiusSmall,
    backgroundColor: tokens.colorNeutralBackground4,
  },
  codeBlock: {
    margin: `${tokens.spacingVerticalXS} 0`,
    padding: tokens.spacingHorizontalS,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground4,
    whiteSpace: 'pre-wrap',
  },
  mention: { fontWeight: tokens.fontWeightSemibold, color: tokens.colorBrandForeground2 },
});

type Styles = ReturnType<typeof useStyles>;

export interface FormattedTextProps {
  /** As somebody wrote it, with its marks. */
  readonly written: string;
  /** Names that are called by it. */
  readonly called: readonly string[];
}

/** A message with its formatting. Everything is an element or a text of React's: what people write never becomes markup. */
export function FormattedText({ written, called }: FormattedTextProps) {
  const styles = useStyles();
  const blocks = useMemo(() => parseFormatting(written), [written]);
  return keyed(blocks, (block) => <BlockPart block={block} called={called} styles={styles} />);
}

function BlockPart({
  block,
  called,
  styles,
}: {
  readonly block: Block;
  readonly called: readonly string[];
  readonly styles: Styles;
}) {
  if (block.kind === 'codeBlock')
    return (
      <pre className={styles.codeBlock}>
        <code>{block.text}</code>
      </pre>
    );
  const inline = (pieces: readonly Inline[]) => <Pieces pieces={pieces} called={called} styles={styles} />;
  if (block.kind === 'list') {
    const items = keyed(block.items, (item) => <li className={styles.item}>{inline(item)}</li>);
    return block.ordered ? <ol className={styles.list}>{items}</ol> : <ul className={styles.list}>{items}</ul>;
  }
  const lines = keyed(block.lines, (line, index) => (
    <>
      {index > 0 && '\n'}
      {inline(line)}
    </>
  ));
  if (block.kind === 'quote') return <blockquote className={styles.quote}>{lines}</blockquote>;
  return <p className={styles.paragraph}>{lines}</p>;
}

interface PiecesProps {
  readonly pieces: readonly Inline[];
  readonly called: readonly string[];
  readonly styles: Styles;
}

function Pieces({ pieces, called, styles }: PiecesProps) {
  return keyed(pieces, (piece) => {
    if (piece.kind === 'text') return <Plain text={piece.text} called={called} styles={styles} />;
    if (piece.kind === 'code') return <code className={styles.code}>{piece.text}</code>;
    if (piece.kind === 'link')
      return (
        <Link href={piece.href} target="_blank" rel="noopener noreferrer nofollow" inline>
          {piece.text}
        </Link>
      );
    const inside = <Pieces pieces={piece.children} called={called} styles={styles} />;
    return piece.kind === 'bold' ? <strong>{inside}</strong> : <em>{inside}</em>;
  });
}

function Plain({ text, called, styles }: { readonly text: string; readonly called: readonly string[]; readonly styles: Styles }) {
  return keyed(mentionPieces(text, called), (piece) =>
    piece.isMention ? <span className={styles.mention}>{piece.text}</span> : piece.text,
  );
}

/** Parts of a text have no name but their place, and it never changes under them. */
function keyed<T>(parts: readonly T[], show: (part: T, index: number) => ReactNode): ReactNode[] {
  // biome-ignore lint/suspicious/noArrayIndexKey: see above.
  return parts.map((part, index) => <Fragment key={index}>{show(part, index)}</Fragment>);
}
