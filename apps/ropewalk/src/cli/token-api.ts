import type {
  CreateTokenRequest,
  GrantView,
  KeyRotated,
  RevokeForeignTokenRequest,
  RotateKeyRequest,
  TokenIssued,
} from '@ropewalk/core/contract/api/tokens'
import type { z } from 'zod'
import type { Answer, Caller, Page, Query } from './api-call.ts'

/** The part of the API that is about tokens. */
export const makeTokenApi = ({ get, post }: Caller) => ({
  createToken: (body: z.input<typeof CreateTokenRequest>) => post<TokenIssued>('/v1/tokens', body),
  listTokens: (query: Query) => get<Page<GrantView>>('/v1/tokens', query),
  revokeToken: (id: string, reason: string) =>
    post<Answer>(`/v1/tokens/${encodeURIComponent(id)}/revoke`, { reason }),
  revokeForeignToken: (body: RevokeForeignTokenRequest) => post<Answer>('/v1/tokens/revoke-foreign', body),
  rotateTokenKey: (body: RotateKeyRequest) => post<KeyRotated>('/v1/tokens/rotate-key', body),
})
