import { BlockList, isIPv6 } from 'node:net';

/** A set of addresses and networks. */
export class Networks {
  readonly #list = new BlockList();

  /** @param networks `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  includes(address: string): boolean {
    return this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}
