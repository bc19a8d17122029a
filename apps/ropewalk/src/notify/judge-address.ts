import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Which addresses beyond the public ones may be reached. Metadata services and link-local ones never are. */
export type Reach = { readonly allowLoopback: boolean; readonly allowPrivate: boolean }

const makeList = (ranges: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList()
  for (const [start, bits] of ranges) list.addSubnet(start, bits, isIPv4(start) ? 'ipv4' : 'ipv6')
  return list
}

const LOOPBACK = makeList([
  ['127.0.0.0', 8],
  ['::1', 128],
])

/** A home's, a company's and a carrier's own network. */
const PRIVATE = makeList([
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
])

/**
 * Where clouds hand out credentials to whoever asks from inside; some lie in private ranges, and allowing
 * those must not open these.
 */
const METADATA = makeList([
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
])

/** No host of the public network answers here. IANA's registries of special-purpose addresses. */
const RESERVED: readonly (readonly [string, BlockList])[] = [
  [
    'unspecified',
    makeList([
      ['0.0.0.0', 8],
      ['::', 128],
    ]),
  ],
  [
    'link-local',
    makeList([
      ['169.254.0.0', 16],
      ['fe80::', 10],
      ['fec0::', 10],
    ]),
  ],
  [
    'multicast',
    makeList([
      ['224.0.0.0', 4],
      ['ff00::', 8],
    ]),
  ],
  [
    'reserved',
    makeList([
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.88.99.0', 24],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['240.0.0.0', 4],
      ['2001::', 23],
      ['2001:db8::', 32],
      ['3fff::', 20],
    ]),
  ],
]

/** The only range of IPv6 that is given to public hosts. */
const PUBLIC_V6 = makeList([['2000::', 3]])

/** The eight groups of an IPv6 address, in any of its spellings. */
const getGroups = (address: string): readonly number[] => {
  const whole = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = whole.split('::')
  const parse = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16))
  const before = parse(head)
  const after = tail === undefined ? [] : parse(tail)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}

const toIPv4 = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** The IPv4 address inside an IPv6 one: mapped, compatible, translated, NAT64 of either kind, 6to4, ISATAP. */
const findEmbedded = (address: string): string | undefined => {
  const groups = getGroups(address)
  const [a, b, c, , e, f, g, h] = groups
  const startsWith = (...prefix: readonly number[]) => prefix.every((group, index) => groups[index] === group)
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) return toIPv4(g, h)
  if (startsWith(0, 0, 0, 0, 0, 0) && g !== 0) return toIPv4(g, h)
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0) || startsWith(0x64, 0xff9b, 1)) return toIPv4(g, h)
  if (a === 0x2002) return toIPv4(b, c)
  const isIsatap = (e === 0 || e === 0x200) && f === 0x5efe
  return isIsatap ? toIPv4(g, h) : undefined
}

/**
 * Why a program that was handed an address by somebody else must not connect to it; undefined where it may.
 * An IPv6 address that carries an IPv4 one is judged by that as well.
 */
export const findAddressRefusal = (given: string, reach: Reach): string | undefined => {
  // A zone names an interface of this machine; only link-local addresses have one.
  if (given.includes('%')) return 'link-local'
  const family = isIPv4(given) ? 'ipv4' : isIPv6(given) ? 'ipv6' : undefined
  if (family === undefined) return 'not an address'
  const embedded = family === 'ipv6' ? findEmbedded(given) : undefined
  if (embedded !== undefined) return findAddressRefusal(embedded, reach)
  if (METADATA.check(given, family)) return 'a metadata service'
  if (LOOPBACK.check(given, family)) return reach.allowLoopback ? undefined : 'loopback'
  if (PRIVATE.check(given, family)) return reach.allowPrivate ? undefined : 'private'
  const reserved = RESERVED.find(([, list]) => list.check(given, family))
  if (reserved) return reserved[0]
  return family === 'ipv6' && !PUBLIC_V6.check(given, family) ? 'reserved' : undefined
}
