import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { TaskClaim } from '@ropewalk/core/access/caller'

export type TaskTokens = {
  /** A token for an attempt, good for a day; each heartbeat gives a fresh one. */
  readonly sign: (claim: Omit<TaskClaim, 'expiresAt'>) => string
  /** What a token stands for, or undefined when it is not ours, was changed or is too old. */
  readonly verify: (token: string) => TaskClaim | undefined
}

/** Also in the text that is signed, so that no other signature of ours passes for a token. */
const TYPE = 'rwt1'
const FORM = /^rwt1\.([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{43})$/u
const INFO = 'ropewalk/task-token/v1'

/** The lease and the attempt end a token's use much sooner; this bounds one that leaked from an idle agent. */
const LIFETIME_MS = 24 * 3600 * 1000

const decode = (part: string): Buffer | undefined => {
  const bytes = Buffer.from(part, 'base64url')
  // Several texts decode to the same bytes; only the one we would write counts.
  return bytes.toString('base64url') === part ? bytes : undefined
}

/** Signs and verifies task tokens with a key derived from the API token: a new API token revokes them all. */
export const makeTaskTokens = (apiToken: string, getNowMs: () => number = Date.now): TaskTokens => {
  const key = Buffer.from(hkdfSync('sha256', apiToken, '', INFO, 32))
  const getMac = (payload: string): Buffer => createHmac('sha256', key).update(`${TYPE}.${payload}`).digest()
  return {
    sign: (claim) => {
      const whole: TaskClaim = { ...claim, expiresAt: getNowMs() + LIFETIME_MS }
      const payload = Buffer.from(JSON.stringify(whole)).toString('base64url')
      return `${TYPE}.${payload}.${getMac(payload).toString('base64url')}`
    },
    verify: (token) => {
      const [, payload = '', mac = ''] = FORM.exec(token) ?? []
      const [bytes, given] = [decode(payload), decode(mac)]
      if (bytes === undefined || given === undefined) return undefined
      const expected = getMac(payload)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      const claim = TaskClaim.safeParse(JSON.parse(bytes.toString('utf8')))
      return claim.success && claim.data.expiresAt > getNowMs() ? claim.data : undefined
    },
  }
}
