import { Button } from '@fluentui/react-components';
import { Component, type ReactNode } from 'react';
import { Empty } from '#web/ui/states.tsx';
import { WordsContext } from '#web/ui/text.ts';

/** Shows a way on when a view fails, instead of an empty page. */
export class CrashGuard extends Component<{ readonly children: ReactNode }, { readonly crashed: boolean }> {
  static override contextType = WordsContext;
  declare context: React.ContextType<typeof WordsContext>;
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render(): ReactNode {
    if (!this.state.crashed) return this.props.children;
    const { crash } = this.context.text;
    return (
      <main>
        <Empty title={crash.title} hint={crash.hint}>
          <Button appearance="primary" onClick={() => location.reload()}>
            {crash.reload}
          </Button>
        </Empty>
      </main>
    );
  }
}
