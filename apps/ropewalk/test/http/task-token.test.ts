import { createHmac } from 'node:crypto'
import { RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { describe, expect, test } from 'vitest'
import { makeTaskTokens } from '../../src/http/task-token.ts'

const API_TOKEN = 'owner-token-of-the-tests'
const claim = {
  workspaceId: WorkspaceId.parse('default'),
  runId: RunId.parse('01890000-0000-7000-8000-000000000000'),
  taskId: TaskId.parse('01890000-0000-7000-8000-000000000001'),
  attempt: 3,
  worker: 'outside',
  claimedAt: '2026-01-01T00:00:00.000Z',
}

describe('a task token', () => {
  const tokens = makeTaskTokens(API_TOKEN)
  const token = tokens.sign(claim)
  const [tag = '', payload = '', mac = ''] = token.split('.')

  test('stands for what was signed', () => {
    expect(tokens.verify(token)).toMatchObject(claim)
  })

  test('is refused when any character of it differs', () => {
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const changed = `${token.slice(0, index)}${other}${token.slice(index + 1)}`
      expect(tokens.verify(changed), `at ${index}`).toBeUndefined()
    }
  })

  test('is refused under another spelling of the same bytes, cut, longer, or without its tag', () => {
    const last = mac.slice(-1)
    const twin = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .find(
        (letter) =>
          letter !== last &&
          Buffer.from(mac.slice(0, -1) + letter, 'base64url').equals(Buffer.from(mac, 'base64url')),
      )
    expect(twin).toBeDefined()
    const wrong = [
      `${tag}.${payload}.${mac.slice(0, -1)}${twin ?? ''}`,
      `${tag}.${payload}.${mac}=`,
      `${tag}.${payload}=.${mac}`,
      `${tag}.${payload}.${mac.slice(0, -1)}`,
      `${tag}.${payload}.${mac}A`,
      `${payload}.${mac}`,
      `rwt2.${payload}.${mac}`,
      `${tag}.${payload}.`,
      '',
      `${token} `,
      `${token}\n`,
    ]
    for (const each of wrong) expect(tokens.verify(each), each).toBeUndefined()
  })

  test('is refused under the key of another API token, and a plain HMAC with the API token is none', () => {
    expect(makeTaskTokens(`${API_TOKEN}2`).verify(token)).toBeUndefined()
    const forged = createHmac('sha256', API_TOKEN).update(`${tag}.${payload}`).digest('base64url')
    expect(tokens.verify(`${tag}.${payload}.${forged}`)).toBeUndefined()
  })

  test('ends after a day', () => {
    let nowMs = 1_000_000
    const clocked = makeTaskTokens(API_TOKEN, () => nowMs)
    const early = clocked.sign(claim)
    nowMs += 24 * 3600 * 1000 - 1
    expect(clocked.verify(early)).toBeDefined()
    nowMs += 1
    expect(clocked.verify(early)).toBeUndefined()
  })
})
