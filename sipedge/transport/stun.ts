import { bareHost } from '../message/uri.ts';

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const xorMappedAddress = 0x0020;
const headerBytes = 20;

/** Whether a datagram is a STUN binding request (RFC 5389), with which phones keep their UDP flow alive (RFC 5626 4.4.2). */
export function isBindingRequest(datagram: Buffer): boolean {
  return (
    datagram.length >= headerBytes && datagram.readUInt16BE(0) === bindingRequest && datagram.readUInt32BE(4) === magicCookie
  );
}

/** The answer that tells the sender its address as it is seen here. */
export function bindingAnswer(request: Buffer, address: string, port: number): Buffer {
  const bytes = addressBytes(address);
  const answer = Buffer.alloc(headerBytes + 8 + bytes.length);
  answer.writeUInt16BE(bindingSuccess, 0);
  answer.writeUInt16BE(8 + bytes.length, 2);
  request.copy(answer, 4, 4, headerBytes);
  answer.writeUInt16BE(xorMappedAddress, 20);
  answer.writeUInt16BE(4 + bytes.length, 22);
  answer.writeUInt8(bytes.length === 4 ? 1 : 2, 25);
  answer.writeUInt16BE(port ^ (magicCookie >>> 16), 26);
  // The mask is the cookie and the transaction id, which follow each other in the header.
  for (const [index, byte] of bytes.entries()) answer.writeUInt8(byte ^ (request[4 + index] ?? 0), 28 + index);
  return answer;
}

/** The bytes of an IP address. */
export function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const url = new URL(`http://[${bareHost(address)}]/`);
  const [left = '', right] = url.hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [begin, end] = [groups(left), groups(right ?? '')];
  const middle = right === undefined ? [] : new Array<number>(8 - begin.length - end.length).fill(0);
  return [...begin, ...middle, ...end].flatMap((group) => [group >> 8, group & 0xff]);
}
