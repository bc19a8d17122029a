import { TokenIssued, type CreateTokenRequest } from '@ropewalk/core/contract/api/tokens'
import type { z } from 'zod'
import { openTokenKeys } from '../../../src/store/keys/token-keys.ts'
import { expectAnswer } from './drive.ts'
import type { TestApi } from './start-api.ts'

/** A fresh token, made with the owner's. */
export const createToken = async (
  api: TestApi,
  request: Partial<z.input<typeof CreateTokenRequest>> = {},
): Promise<TokenIssued> => {
  const body = { agentId: 'tester', role: 'participant', ...request }
  return expectAnswer(await api.ask('/v1/tokens', { body }), TokenIssued)
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** Header, claims and signature of a token, as they stand in it. */
export const splitToken = (token: string) => {
  const [header, payload, signature] = token.split('.')
  return { header: decode(header), claims: decode(payload), signature: signature ?? '' }
}

/** Signed by whatever is given, whatever the header says. */
export const assemble = (
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
  sign: (text: Buffer) => Uint8Array | string,
): string => {
  const text = `${encode(header)}.${encode(claims)}`
  const signature = sign(Buffer.from(text))
  return `${text}.${typeof signature === 'string' ? signature : Buffer.from(signature).toString('base64url')}`
}

export const getSigningKey = (api: TestApi) => openTokenKeys(api.home)
