import { Button } from '@fluentui/react-components';
import { PeopleTeamAddRegular } from '@fluentui/react-icons/svg/people-team-add';
import { useState } from 'react';
import { useWords } from '#web/ui/text.ts';
import { NewGroupDialog } from './new-group-dialog.tsx';

/** Begins a group or channel. */
export function NewGroupButton() {
  const { text } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" appearance="subtle" icon={<PeopleTeamAddRegular />} onClick={() => setOpen(true)}>
        {text.groups.new}
      </Button>
      {open && <NewGroupDialog onClose={() => setOpen(false)} />}
    </>
  );
}
