import { QueryClient } from '@tanstack/react-query'

import { asProblem } from './problem'

const RETRY_LIMIT = 2

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Only what may pass by itself is asked again: no answer, 429, 5xx.
        retry: (failures, error) => failures < RETRY_LIMIT && asProblem(error).isTransient,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4_000),
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
