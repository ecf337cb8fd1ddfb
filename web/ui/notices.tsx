import { Button, Toast, type ToastIntent, ToastTitle, ToastTrigger, useToastController } from '@fluentui/react-components';
import { UCError } from '#web/api/index.ts';
import { errorWords } from './error-words.ts';
import { useWords } from './text.ts';

export const toasterId = 'notices';

export interface Notices {
  /** Tells that something was done. */
  readonly done: (what: string) => void;
  /** Tells that something was done, and offers to undo it for a while. */
  readonly undoable: (what: string, undo: () => void) => void;
  /** Tells that something did not work, and why as far as a person can do something about it. */
  readonly failed: (what: string, error: unknown) => void;
}

/** Short notices at the edge of the page; screen readers hear them too. */
export function useNotices(): Notices {
  const { dispatchToast } = useToastController(toasterId);
  const { text } = useWords();
  const show = (what: string, intent: ToastIntent, timeout: number, undo?: () => void) =>
    dispatchToast(
      <Toast>
        <ToastTitle
          action={
            undo && (
              <ToastTrigger>
                <Button appearance="transparent" size="small" onClick={undo}>
                  {text.app.undo}
                </Button>
              </ToastTrigger>
            )
          }
        >
          {what}
        </ToastTitle>
      </Toast>,
      { intent, timeout, politeness: intent === 'error' ? 'assertive' : 'polite', pauseOnHover: true },
    );
  return {
    done: (what) => show(what, 'success', 3_000),
    undoable: (what, undo) => show(what, 'success', 8_000, undo),
    failed: (what, error) => show(`${what} ${reasonOf(error)}`.trim(), 'error', 8_000),
  };

  function reasonOf(error: unknown): string {
    if (!(error instanceof UCError)) throw error;
    return errorWords(error.code, text) ?? '';
  }
}
