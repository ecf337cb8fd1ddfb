import { Button, Tooltip } from '@fluentui/react-components';
import { AttachRegular } from '@fluentui/react-icons/svg/attach';
import { useRef } from 'react';
import { useWords } from '#web/ui/text.ts';

/** Lets somebody choose files of their device. */
export function AttachButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { text } = useWords();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Tooltip content={text.files.attach} relationship="label">
        <Button appearance="subtle" icon={<AttachRegular />} onClick={() => input.current?.click()} />
      </Tooltip>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-attach
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file can be chosen again.
          target.value = '';
        }}
      />
    </>
  );
}
