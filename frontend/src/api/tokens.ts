import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { http } from './http'
import { getAll } from './pages'
import type * as wire from './schema'

export type AccessToken = wire.AccessToken
export type TokenScope = AccessToken['scopes'][number]
/** `token` is told this once. */
export type MintedToken = wire.MintedToken

export const TOKEN_SCOPES = ['dicomweb:read', 'dicomweb:write', 'ai:unreviewed'] as const satisfies readonly TokenScope[]

/** As catalogues may name it: a colon parts namespaces there. */
export const scopeKey = (scope: TokenScope): string => scope.replace(':', '_')

const tokensKey = ['tokens'] as const

export function useTokens() {
  return useQuery({ queryKey: tokensKey, queryFn: ({ signal }) => getAll<AccessToken>('/api/tokens', { signal }) })
}

export interface NewToken {
  name: string
  cases: string[]
  scopes: TokenScope[]
  /** ISO 8601; at most 90 days from now. */
  expires_at: string
}

export function useTokenActions() {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: tokensKey })
  return {
    create: useMutation({ mutationFn: (token: NewToken) => http.post<MintedToken>('/api/tokens', token), onSuccess: refresh }),
    revoke: useMutation({ mutationFn: (id: string) => http.delete(`/api/tokens/${id}`), onSettled: refresh }),
  }
}

export type TokenState = 'active' | 'expired' | 'revoked'

export function tokenState(token: AccessToken, now: Date): TokenState {
  if (token.revoked_at !== null) return 'revoked'
  return new Date(token.expires_at) <= now ? 'expired' : 'active'
}
