import type { ConversationId, UserId } from '#shared/ids.ts';
import type { Conversation } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params } from '#shared/protocol/index.ts';
import { departmentConversationId } from './conversation-id.ts';
import type { ChatDirectory } from './conversation-members.ts';
import type { DepartmentFollower, Departments } from './department-follower.ts';
import type { DepartmentRepository } from './department-repository.ts';
import type { GroupLimits } from './settings.ts';

export interface DepartmentServiceOptions {
  readonly departments: Departments;
  readonly directory: Pick<ChatDirectory, 'refresh' | 'memberOf'>;
  readonly repository: Pick<DepartmentRepository, 'department'>;
  readonly follower: Pick<DepartmentFollower, 'follow'>;
  readonly limits: () => GroupLimits;
  /** The conversation as this user has it. */
  readonly read: (userId: UserId, conversationId: ConversationId) => Promise<Conversation | undefined>;
}

/** Conversations of departments, as their people open them. */
export class DepartmentService {
  readonly #options: DepartmentServiceOptions;

  constructor(options: DepartmentServiceOptions) {
    this.#options = options;
  }

  /** @throws UCError `NOT_FOUND`, `FORBIDDEN` for those outside, `TOO_LARGE`, `STORAGE_UNAVAILABLE` */
  async open(userId: UserId, { groupId }: Params<'chat.openDepartment'>): Promise<Conversation> {
    const { departments, directory, follower, read } = this.#options;
    const field = 'params.groupId';
    if (!departments.isIn(groupId, userId)) await directory.refresh();
    if (!departments.has(groupId)) throw new UCError('NOT_FOUND', undefined, { field });
    if (!departments.isIn(groupId, userId)) throw new UCError('FORBIDDEN', undefined, { field });
    const conversationId = departmentConversationId(groupId);
    const own = directory.memberOf(conversationId, userId);
    if (own === undefined || own.left !== undefined) {
      if (own === undefined) await this.#checkSize(groupId);
      await follower.follow(groupId);
      await directory.refresh();
    }
    const conversation = await read(userId, conversationId);
    if (conversation === undefined) throw new UCError('NOT_FOUND', undefined, { field });
    return conversation;
  }

  /** Only asked before it begins: a department that grows takes its conversation along. */
  async #checkSize(groupId: Params<'chat.openDepartment'>['groupId']): Promise<void> {
    const most = this.#options.limits().members;
    const department = await this.#options.repository.department(groupId);
    if (department === undefined || department.members.length <= most) return;
    throw new UCError('TOO_LARGE', `A group can have ${most} members.`, { field: 'params.groupId', details: { most } });
  }
}
