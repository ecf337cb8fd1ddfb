import type { Register, RegisterContact } from './registrar-state.ts';
import type { SipAddress, SrfRequest } from './srf.ts';

/** Pure: what a REGISTER asks for. The SIP edge has found it well formed; what an application needs beyond that is checked here. */

/**
 * @param at when it came, in ms since 1970
 * @returns undefined when it asks for nothing that can be understood
 */
export function readRegister(request: SrfRequest, at: number): Register | undefined {
  const contact = request.get('Contact');
  const { seq } = request.getParsedHeader('cseq');
  const expiresSeconds = secondsOf(request.get('Expires'));
  const path = request.get('Path');
  const general = {
    ...{ callId: request.get('Call-ID') ?? '', seq, expiresSeconds, path: path === undefined ? [] : [path] },
    protocol: request.protocol.toLowerCase(),
    source: { host: request.source_address, port: Number(request.source_port) },
    userAgent: request.get('User-Agent')?.slice(0, 200),
    at,
  };
  if (contact === undefined) return { ...general, contacts: [] };
  if (contact.trim() === '*') return { ...general, contacts: 'all' };
  const contacts = request.getParsedHeader('contact').map(contactOf);
  return contacts.every((each) => each !== undefined) ? { ...general, contacts } : undefined;
}

function contactOf({ uri, params }: SipAddress): RegisterContact | undefined {
  if (!/^sips?:[^\s<>"|]+$/i.test(uri) || uri.length > 1_000) return undefined;
  const instance = params['+sip.instance']?.replace(/^"|"$/g, '');
  const regId = Number(params['reg-id']);
  return {
    uri,
    expiresSeconds: secondsOf(params.expires),
    instance: instance !== undefined && instance.length <= 200 ? instance : undefined,
    regId: Number.isInteger(regId) && regId > 0 ? regId : undefined,
  };
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The user part of a SIP URI. */
export function userOf(uri: string): string {
  return /^sips?:([^@;:]*)(?::[^@]*)?@/i.exec(uri)?.[1] ?? '';
}
