import { Button, FluentProvider, Toaster } from '@fluentui/react-components';
import { useEffect, useMemo, useState } from 'react';
import type { UCError } from '#shared/protocol/errors.ts';
import { SignInPage } from '#web/client/sign-in/sign-in-page.tsx';
import { errorWords } from '#web/ui/error-words.ts';
import { toasterId } from '#web/ui/notices.tsx';
import { Empty, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { browserLanguage, useWords, WordsContext, wordsIn } from '#web/ui/text.ts';
import { darkTheme, lightTheme } from '#web/ui/theme.ts';
import { CrashGuard } from './crash-guard.tsx';
import { useClientState, useMedia, WorkspaceContext } from './hooks.ts';
import { MainView } from './main-view.tsx';
import { type Shell, ShellContext, useShell } from './shell.ts';
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
  if (state.phase === 'signedOut') return <SignInPage reason={state.reason} />;
  return <Waiting because={state.phase === 'connecting' ? state.because : undefined} />;
}

/** On the way to the first session. It goes by itself as soon as a server has one to give; who will not wait can leave. */
function Waiting({ because }: { readonly because: UCError | undefined }) {
  const { text } = useWords();
  const { client } = useShell();
  if (because === undefined) return <Loading />;
  return (
    <Empty title={errorWords(because.code, text) ?? text.signIn.busy} hint={text.signIn.waiting}>
      <Loading label={text.signIn.working} />
      <Button onClick={() => void client.signOut()}>{text.signIn.giveUp}</Button>
    </Empty>
  );
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
