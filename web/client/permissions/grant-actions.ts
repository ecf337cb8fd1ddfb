import type { Grantee, PermissionLevel } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import type { Grants } from '#web/client/app/workspace.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';

export interface GrantActions {
  /** Gives a level, or takes the grant back (null), which can be undone. */
  grant(to: Grantee, level: PermissionLevel | null, name: string): void;
}

/** Changes of grants as a person makes them: shown at once, and as they were when the server refuses. */
export function useGrantActions(): GrantActions {
  const { client, grants } = useWorkspace();
  const { text } = useWords();
  const notices = useNotices();

  const grant = (to: Grantee, level: PermissionLevel | null, name: string) => {
    const before = grants.value;
    if (before === undefined || before === 'failed') return;
    const known = before.grants.find((each) => sameGrantee(each.to, to))?.level;
    grants.set(withGrant(before, to, level));
    client.call('permissions.grant', { to, level }).then(
      () => {
        if (level === null && known !== undefined) notices.undoable(text.permissions.removed(name), () => grant(to, known, name));
      },
      (error: unknown) => {
        grants.set(before);
        notices.failed(text.permissions.changeFailed, error);
      },
    );
  };
  return { grant };
}

export function sameGrantee(a: Grantee, b: Grantee): boolean {
  return a.kind === 'user' ? b.kind === 'user' && a.userId === b.userId : b.kind === 'group' && a.groupId === b.groupId;
}

function withGrant(before: Grants, to: Grantee, level: PermissionLevel | null): Grants {
  const others = before.grants.filter((each) => !sameGrantee(each.to, to));
  const place = before.grants.findIndex((each) => sameGrantee(each.to, to));
  if (level === null) return { ...before, grants: others };
  const next = [...others];
  next.splice(place < 0 ? others.length : place, 0, { to, level });
  return { ...before, grants: next };
}
