import { FluentProvider, Toaster } from '@fluentui/react-components';
import { useEffect, useMemo, useState } from 'react';
import { SignInPage } from '#web/client/sign-in/sign-in-page.tsx';
import { toasterId } from '#web/ui/notices.tsx';
import { Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { browserLanguage, WordsContext, wordsIn } from '#web/ui/text.ts';
import { darkTheme, lightTheme } from '#web/ui/theme.ts';
import { CrashGuard } from './crash-guard.tsx';
import { useClientState, useMedia, WorkspaceContext } from './hooks.ts';
import { MainView } from './main-view.tsx';
import { type Shell, ShellContext } from './shell.ts';
import { StoppedPage } from './stopped-page.tsx';
import { Workspace } from './workspace.ts';

/** The whole page: sign-in or the signed-in user's workspace, in their language and colours. */
export function App({ shell }: { readonly shell: Shell }) {
  const { client, preferences } = shell;
  const { theme, language } = useStore(preferences);
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const dark = theme === 'system' ? systemDark : theme === 'dark';
  const workspace = useCurrentWorkspace(shell);
  const own = useAccountWords(workspace);
  const spoken = own?.language ?? language ?? browserLanguage();
  const words = useMemo(() => wordsIn(spoken, own?.timeZone ?? undefined), [spoken, own?.timeZone]);

  useEffect(() => {
    document.documentElement.lang = words.language;
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
    const background = (dark ? darkTheme : lightTheme).colorNeutralBackground3;
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', background);
  }, [words, dark]);

  return (
    <FluentProvider theme={dark ? darkTheme : lightTheme}>
      <WordsContext value={words}>
        <ShellContext value={shell}>
          <CrashGuard>
            <Current client={client} workspace={workspace} />
          </CrashGuard>
          <Toaster toasterId={toasterId} position="bottom-end" />
        </ShellContext>
      </WordsContext>
    </FluentProvider>
  );
}

function Current({ client, workspace }: { readonly client: Shell['client']; readonly workspace: Workspace | undefined }) {
  const state = useClientState(client);
  if (state.phase === 'stopped') return <StoppedPage reason={state.reason} />;
  if (workspace) {
    return (
      <WorkspaceContext value={workspace}>
        <MainView />
      </WorkspaceContext>
    );
  }
  return state.phase === 'signedOut' ? <SignInPage reason={state.reason} /> : <Loading />;
}

/** One workspace from the first session of a user to their sign-out; a lost connection does not end it. */
function useCurrentWorkspace({ client }: Shell): Workspace | undefined {
  const state = useClientState(client);
  const [workspace, setWorkspace] = useState<Workspace>();
  useEffect(() => {
    if (state.phase === 'open' && workspace?.self !== state.welcome.userId) {
      workspace?.close();
      setWorkspace(new Workspace(client, state.welcome.userId));
    } else if (state.phase === 'signedOut' && workspace) {
      workspace.close();
      setWorkspace(undefined);
    }
  }, [client, state, workspace]);
  return workspace;
}

/** Language and time zone of the account, once they are known. */
function useAccountWords(workspace: Workspace | undefined) {
  const [account, setAccount] = useState(workspace?.account.value);
  useEffect(() => {
    setAccount(workspace?.account.value);
    return workspace?.account.on(setAccount);
  }, [workspace]);
  return account === 'failed' ? undefined : account;
}
