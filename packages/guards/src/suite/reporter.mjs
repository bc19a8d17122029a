/**
 * Test reporter that runs inside the sandbox, in the process of the tests (`--test-isolation=none`).
 *
 * The tests and the code under test are hostile: they share this process, its standard output and every
 * folder it may write. So nothing here is believed for where it was written, only for its seal: a key comes by
 * standard input and is read to the end before the first line of theirs runs, the records stay in this
 * module until the runner is done, and the seal is computed by operators on numbers alone, since every
 * built-in method could have been replaced meanwhile. A process that ends early leaves no sealed report.
 *
 * The limit: who writes the test files can write a test that asserts nothing. `tests-bite` is for that.
 */
import assert from 'node:assert'
import strict from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import inspector from 'node:inspector'
import inspectorPromises from 'node:inspector/promises'
import { syncBuiltinESMExports } from 'node:module'
import stream from 'node:stream'
import test from 'node:test'
import v8 from 'node:v8'

const { stringify } = JSON
const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, preventExtensions } = Object
const { ownKeys } = Reflect
const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt)
const writeFile = fs.writeFileSync
const orders = JSON.parse(fs.readFileSync(0, 'utf8'))
const reportPath = orders.report

const HEX = '0123456789abcdef'
const ROUND = new Uint32Array(64)
const INITIAL = new Uint32Array(8)
const SCHEDULE = new Uint32Array(64)
for (let number = 2, count = 0; count < 64; number += 1) {
  let isPrime = true
  for (let by = 2; by * by <= number; by += 1) if (number % by === 0) isPrime = false
  if (!isPrime) continue
  ROUND[count] = (Math.cbrt(number) % 1) * 0x1_0000_0000
  if (count < 8) INITIAL[count] = (Math.sqrt(number) % 1) * 0x1_0000_0000
  count += 1
}

const turn = (word, by) => (word >>> by) | (word << (32 - by))

const compress = (state, bytes, from) => {
  for (let i = 0; i < 16; i += 1) {
    const at = from + i * 4
    SCHEDULE[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
  }
  for (let i = 16; i < 64; i += 1) {
    const early = SCHEDULE[i - 15]
    const late = SCHEDULE[i - 2]
    const low = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)
    const high = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10)
    SCHEDULE[i] = SCHEDULE[i - 16] + low + SCHEDULE[i - 7] + high
  }
  let a = state[0], b = state[1], c = state[2], d = state[3] // prettier-ignore
  let e = state[4], f = state[5], g = state[6], h = state[7] // prettier-ignore
  for (let i = 0; i < 64; i += 1) {
    const choice = (e & f) ^ (~e & g)
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUND[i] + SCHEDULE[i]) | 0
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  state[0] += a
  state[1] += b
  state[2] += c
  state[3] += d
  state[4] += e
  state[5] += f
  state[6] += g
  state[7] += h
}

const Bytes = Uint8Array
const Words = Uint32Array

/** SHA-256 (FIPS 180-4) of a 64-byte block followed by `length` bytes that `read` gives. */
const hash = (block, length, read) => {
  const total = 64 + length
  const padded = new Bytes(total + 9 + ((64 - ((total + 9) % 64)) % 64))
  for (let i = 0; i < 64; i += 1) padded[i] = block[i]
  for (let i = 0; i < length; i += 1) padded[64 + i] = read(i)
  padded[total] = 0x80
  for (let i = 0, bits = total * 8; i < 6; i += 1, bits = (bits - (bits % 256)) / 256)
    padded[padded.length - 1 - i] = bits % 256
  const state = new Words(8)
  for (let i = 0; i < 8; i += 1) state[i] = INITIAL[i]
  for (let from = 0; from < padded.length; from += 64) compress(state, padded, from)
  return state
}

const inner = new Uint8Array(64)
const outer = new Uint8Array(64)
for (let i = 0; i < 64; i += 1) {
  const byte = i < 32 ? Number.parseInt(orders.key.slice(i * 2, i * 2 + 2), 16) : 0
  inner[i] = byte ^ 0x36
  outer[i] = byte ^ 0x5c
}
orders.key = ''

/** HMAC-SHA-256 (RFC 2104) of an ASCII text, in hex. */
const seal = (text) => {
  const first = hash(inner, text.length, (i) => charCodeAt(text, i))
  const last = hash(outer, 32, (i) => (first[i >>> 2] >>> (24 - 8 * (i & 3))) & 255)
  let out = ''
  for (let word = 0; word < 8; word += 1)
    for (let shift = 28; shift >= 0; shift -= 4) out += HEX[(last[word] >>> shift) & 15]
  return out
}

/** A JSON string in ASCII, so that characters and bytes are the same. */
const quote = (value) => {
  if (typeof value !== 'string') return 'null'
  const json = stringify(value)
  let out = ''
  for (let i = 0; i < json.length; i += 1) {
    const code = charCodeAt(json, i)
    if (code < 127) out += json[i]
    else out += `\\u${HEX[code >>> 12]}${HEX[(code >>> 8) & 15]}${HEX[(code >>> 4) & 15]}${HEX[code & 15]}`
  }
  return out
}

const getNumber = (value) => (typeof value === 'number' && value >= 0 && value < 1e15 ? `${value}` : '0')

/** A hook of the file itself that fails is told as a result without an id. */
const getKind = (data) =>
  data.testId === undefined ? '"file"' : data.details.type === 'suite' ? '"suite"' : '"test"'

const getErrorText = (details) => {
  try {
    const error = details.error
    const message = error?.cause?.message ?? error?.message
    return typeof message === 'string' ? message : ''
  } catch {
    return 'The error cannot be read.'
  }
}

/**
 * Makes the methods of a prototype that the runner's events pass through unchangeable. Objects below it may
 * still have a member of their own by that name, which a frozen prototype would refuse.
 */
const pin = (object) => {
  for (const key of ownKeys(object)) {
    const found = getOwnPropertyDescriptor(object, key)
    if (!found.configurable || key === 'constructor') continue
    const { value } = found
    if (typeof value !== 'function') {
      if (found.get) defineProperty(object, key, { configurable: false })
      continue
    }
    defineProperty(object, key, {
      get: () => value,
      set(own) {
        if (this !== object)
          defineProperty(this, key, { value: own, writable: true, configurable: true, enumerable: true })
      },
      enumerable: found.enumerable,
      configurable: false,
    })
  }
}

const refuse = () => {
  throw new Error('A test may not inspect the process that judges it.')
}

const harden = () => {
  const asyncGenerator = getPrototypeOf(async function* () {}.prototype)
  for (const shared of [asyncGenerator, getPrototypeOf(asyncGenerator)]) freeze(shared)
  for (const one of [
    EventEmitter,
    stream.Stream,
    stream.Readable,
    stream.Writable,
    stream.Duplex,
    stream.Transform,
  ])
    pin(one.prototype)
  // A method put on a nearer prototype would hide the pinned one.
  for (const one of [stream.Stream, stream.Readable, stream.Duplex]) preventExtensions(one.prototype)
  pin(Promise.prototype)
  for (const one of [inspector.Session, inspectorPromises.Session])
    for (const key of ['connect', 'connectToMainThread', 'post']) one.prototype[key] = refuse
  for (const one of [inspector.Session.prototype, inspectorPromises.Session.prototype]) freeze(one)
  inspector.open = refuse
  v8.getHeapSnapshot = refuse
  v8.writeHeapSnapshot = refuse
  v8.setFlagsFromString = refuse
  v8.startupSnapshot = undefined
  // What a test calls as t.assert may be added to, not replaced.
  const { register } = test.assert
  test.assert.register = (name, check) => (name in assert ? refuse() : register(name, check))
  freeze(test.assert)
  freeze(assert.AssertionError.prototype)
  for (const one of [assert, strict, test, inspector, v8]) freeze(one)
  syncBuiltinESMExports()
}

harden()

/** Collects what became of each test; after the last one writes the sealed report. Prints nothing. */
export default async function* report(events) {
  let body = ''
  for await (const event of events) {
    const { type, data } = event
    if (type === 'test:pass' || type === 'test:fail') {
      const failed = type === 'test:fail'
      const skipped = data.skip !== undefined || data.todo !== undefined
      body +=
        `{"type":"result","id":${getNumber(data.testId)},"parent":${getNumber(data.parentId)},` +
        `"kind":${getKind(data)},` +
        `"outcome":${skipped ? '"skipped"' : failed ? '"fail"' : '"pass"'},"name":${quote(data.name)},` +
        `"file":${quote(data.file)},"ms":${getNumber(data.details.duration_ms)},` +
        `"error":${failed ? quote(getErrorText(data.details)) : '""'}}\n`
    } else if (type === 'test:summary' && data.file === undefined) {
      const { tests, passed, failed, cancelled, skipped, todo } = data.counts
      body +=
        `{"type":"summary","tests":${getNumber(tests)},"passed":${getNumber(passed)},` +
        `"failed":${getNumber(failed)},"cancelled":${getNumber(cancelled)},` +
        `"skipped":${getNumber(skipped + todo)}}\n`
    }
  }
  writeFile(reportPath, `${body}{"type":"seal","hmac":"${seal(body)}"}\n`, { flag: 'wx', mode: 0o600 })
  yield ''
}
