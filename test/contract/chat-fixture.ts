import type { UserId } from '#shared/ids.ts';
import { entryIdSchema, userIdSchema } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import type { NewEntry } from '#ucserver/chat/commit-plan.ts';
import { Committer, type CommitterOptions } from '#ucserver/chat/committer.ts';
import { directConversationId } from '#ucserver/chat/conversation-id.ts';

/** Two people who have never met, and what they write. */
export class Pair {
  readonly ada: UserId = userIdSchema.parse(`ada-${randomId()}`);
  readonly bob: UserId = userIdSchema.parse(`bob-${randomId()}`);
  readonly members = [this.ada, this.bob];
  readonly id = directConversationId(this.ada, this.bob);

  entry(entryId: string, over: Partial<NewEntry> = {}): NewEntry {
    return {
      conversationId: this.id,
      entryId: entryIdSchema.parse(entryId),
      author: this.ada,
      kind: 'message',
      body: JSON.stringify({ text: `text of ${entryId}` }),
      at: 1_767_600_000_000,
      ...over,
    };
  }
}

export function newCommitter(repository: CommitterOptions['repository'], over: Partial<CommitterOptions> = {}): Committer {
  return new Committer({
    repository,
    clock: systemClock,
    logger: silentLogger,
    batchEntries: 100,
    gatherMs: 0,
    onCommitted: () => undefined,
    ...over,
  });
}
