import { describe, expect, test } from 'vitest'
import { findAddressRefusal } from '../../src/notify/judge-address.ts'
import { parseGuardedUrl } from '../../src/notify/guarded-url.ts'

const NOWHERE = { allowLoopback: false, allowPrivate: false }
const EVERYWHERE = { allowLoopback: true, allowPrivate: true }

describe('an address that somebody else chose', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('%s is public and may be reached', (address) => {
    expect(findAddressRefusal(address, NOWHERE)).toBeUndefined()
  })

  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0:0:0:0:0:ffff:7f00:0001', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['::ffff:0:127.0.0.1', 'loopback'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b:1::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:7f00:1::5efe:808:808', 'loopback'],
    ['2606:4700::5efe:7f00:1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['2002:a00:1::', 'private'],
    ['64:ff9b::c0a8:101', 'private'],
  ])('%s is %s and may be reached only where that is allowed', (address, why) => {
    expect(findAddressRefusal(address, NOWHERE)).toBe(why)
    expect(findAddressRefusal(address, EVERYWHERE)).toBeUndefined()
    const other = { allowLoopback: why !== 'loopback', allowPrivate: why !== 'private' }
    expect(findAddressRefusal(address, other)).toBe(why)
  })

  test.each([
    ['169.254.169.254', 'a metadata service'],
    ['::ffff:169.254.169.254', 'a metadata service'],
    ['64:ff9b::a9fe:a9fe', 'a metadata service'],
    ['2002:a9fe:a9fe::', 'a metadata service'],
    ['::169.254.169.254', 'a metadata service'],
    ['100.100.100.200', 'a metadata service'],
    ['fd00:ec2::254', 'a metadata service'],
    ['169.254.0.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%lo', 'link-local'],
    ['febf::1', 'link-local'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['192.0.0.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['203.0.113.7', 'reserved'],
    ['2001::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['::2', 'reserved'],
    ['localhost', 'not an address'],
    ['', 'not an address'],
  ])('%s is %s and is never reached', (address, why) => {
    expect(findAddressRefusal(address, NOWHERE)).toBe(why)
    expect(findAddressRefusal(address, EVERYWHERE)).toBe(why)
  })
})

describe('a URL that somebody else chose', () => {
  test.each([
    'http://hooks.example/a?b=c',
    'https://hooks.example:8443/',
    'http://8.8.8.8/',
    'http://8.8.8.8:8080',
    'HTTPS://HOOKS.example/',
    'https://[2606:4700::1111]/',
    'https://xn--bcher-kva.example/',
  ])('%s is taken', (url) => {
    expect(parseGuardedUrl(url)).toBeInstanceOf(URL)
  })

  test.each([
    ['ftp://hooks.example/', 'http and https'],
    ['file:///etc/passwd', 'http and https'],
    ['data:text/plain,a', 'http and https'],
    ['not a url', 'not a URL'],
    ['http://', 'not a URL'],
    ['http://user@hooks.example/', 'user name'],
    ['http://:word@hooks.example/', 'user name'],
    ['http://hooks.example@127.0.0.1/', 'user name'],
    ['http://hooks.example:22/', 'below 1024'],
    ['http://hooks.example:25/', 'below 1024'],
    ['https://hooks.example:0/', 'below 1024'],
    ['http://2130706433/', 'disguise'],
    ['http://0x7f000001/', 'disguise'],
    ['http://0x7f.1/', 'disguise'],
    ['http://0177.0.0.1/', 'disguise'],
    ['http://127.1/', 'disguise'],
    ['http://134744072/', 'disguise'],
    ['http://8.8.2056/', 'disguise'],
    ['http://8.8.8.8./', 'disguise'],
    ['http://%38.8.8.8/', 'disguise'],
    ['http://\uff18.8.8.8/', 'disguise'],
    ['http:8.8.8.8/', 'disguise'],
    ['http:\\\\8.8.8.8/', 'disguise'],
  ])('%s is refused: %s', (url, why) => {
    expect(() => parseGuardedUrl(url)).toThrowError(expect.objectContaining({ code: 'FORBIDDEN' }))
    expect(() => parseGuardedUrl(url)).toThrowError(why)
  })

  test('is not repeated in the refusal, for it may carry a token', () => {
    try {
      parseGuardedUrl('ftp://hooks.example/T0KEN')
    } catch (error) {
      expect(String(error)).not.toContain('T0KEN')
      return
    }
    throw new Error('it was taken')
  })
})
