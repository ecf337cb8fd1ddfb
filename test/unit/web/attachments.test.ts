import assert from 'node:assert/strict';
import { type ConversationId, Emitter, type Files, type FileUpload, UCError, type UploadPhase } from '#web/api/index.ts';
import { Attachments, mayTryAgain } from '#web/client/files/attachments.ts';

describe('web client: a message that waits for its files', () => {
  const id = 'conversation' as ConversationId;
  let attachments: Attachments;
  let uploads: { fileId: string; phase: UploadPhase; cancel: () => void }[];
  let changes: Emitter<FileUpload>;
  let sent: number;

  beforeEach(async () => {
    uploads = [];
    changes = new Emitter();
    sent = 0;
    const files = {
      onChange: (listener: (upload: FileUpload) => void) => changes.on(listener),
      upload: async ({ name }: File) => {
        const upload = { fileId: name, phase: 'uploading' as const, cancel: () => undefined };
        uploads.push(upload);
        return upload;
      },
      close: () => undefined,
    } as unknown as Files;
    attachments = new Attachments(files);
    await attachments.add(id, [new File([], 'one'), new File([], 'two')], 10);
    attachments.queuedOf(id).set(() => {
      attachments.take(id);
      sent += 1;
    });
  });
  afterEach(() => attachments.close());

  function enter(index: number, phase: UploadPhase): void {
    const upload = uploads[index];
    if (upload === undefined) throw new Error(`there is no upload ${index}`);
    upload.phase = phase;
    changes.emit(upload as unknown as FileUpload);
  }

  it('goes once, when all are uploaded', () => {
    enter(0, 'done');
    enter(1, 'waiting');
    assert.equal(sent, 0);
    enter(1, 'done');
    assert.deepEqual([sent, attachments.hasAny, attachments.queuedOf(id).value], [1, false, undefined]);
  });

  it('goes when the last file that was missing is taken away', () => {
    enter(0, 'done');
    attachments.remove(id, uploads[1] as unknown as FileUpload);
    assert.equal(sent, 1);
  });

  it('waits no longer when one has failed, also when another try succeeds', () => {
    enter(0, 'failed');
    assert.equal(attachments.queuedOf(id).value, undefined);
    enter(0, 'done');
    enter(1, 'done');
    assert.equal(sent, 0);
  });

  it('is tried again only where that may help', () => {
    const tries = (code: 'FORBIDDEN' | 'TOO_LARGE' | 'QUOTA_EXCEEDED') =>
      mayTryAgain({ phase: 'failed', error: new UCError(code) });
    assert.deepEqual([tries('FORBIDDEN'), tries('TOO_LARGE'), tries('QUOTA_EXCEEDED')], [false, false, true]);
    assert.ok(mayTryAgain({ phase: 'failed', error: undefined }));
    assert.ok(!mayTryAgain({ phase: 'waiting', error: undefined }));
  });
});
