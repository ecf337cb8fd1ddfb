import type { SrfDialog, SrfRequest } from '#ucserver/sip/index.ts';

/** Calls `act` with the body of the ACK of this INVITE; that of an earlier one may come after the INVITE. */
export function onAckOf(dialog: SrfDialog, invite: SrfRequest, act: (body: string) => void): void {
  const { seq } = invite.getParsedHeader('cseq');
  const listen = (ack: SrfRequest): void => {
    if (ack.getParsedHeader('cseq').seq === seq) act(ack.body ?? '');
    else dialog.once('ack', listen);
  };
  dialog.once('ack', listen);
}
