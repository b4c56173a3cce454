import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { forgetCsrfToken } from './csrf'
import { http } from './http'
import { Problem } from './problem'
import type { Me } from './types'

/** Where allauth answers; its errors have a shape of their own. */
export const AUTH = '/_allauth/browser/v1'

/** What a sign-in step led to. */
export type SignInOutcome = 'signed_in' | 'second_factor'

interface AuthFlow {
  id: string
  is_pending?: boolean
}

/** allauth answers 401 with the flows that are still open; 2xx when done. */
export function readPendingStep(problem: Problem): SignInOutcome | null {
  const data = problem.details.data as { flows?: AuthFlow[] } | undefined
  const pending = data?.flows?.find((flow) => flow.is_pending)
  return problem.status === 401 && pending?.id === 'mfa_authenticate' ? 'second_factor' : null
}

async function step(path: string, body: unknown): Promise<SignInOutcome> {
  try {
    await http.post(`${AUTH}${path}`, body, { anonymous: true })
    return 'signed_in'
  } catch (error) {
    if (error instanceof Problem) {
      const pending = readPendingStep(error)
      if (pending) return pending
      // Somebody is signed in already: that is what was wanted.
      if (error.status === 409) return 'signed_in'
    }
    throw error
  } finally {
    forgetCsrfToken()
  }
}

export const signIn = (credentials: { email: string; password: string }) => step('/auth/login', credentials)
export const answerSecondFactor = (code: string) => step('/auth/2fa/authenticate', { code })

/** Said once more in the same session, before a signature. Throws where it is wrong. */
async function prove(path: string, body: unknown): Promise<void> {
  try {
    await http.post(`${AUTH}${path}`, body, { anonymous: true })
  } finally {
    forgetCsrfToken()
  }
}
export const proveByPassword = (password: string) => prove('/auth/reauthenticate', { password })
export const proveByCode = (code: string) => prove('/auth/2fa/reauthenticate', { code })

/** 400 means wrong credentials or a wrong code; anything else is told as it is. */
export const isRefusal = (problem: Problem): boolean => problem.status === 400 || (problem.status === 401 && problem.code !== 'offline')

export async function signOut(): Promise<void> {
  try {
    await http.delete(`${AUTH}/auth/session`, { anonymous: true })
  } catch (error) {
    // allauth answers a successful sign-out with 401: nobody is signed in now.
    if (!(error instanceof Problem) || error.status !== 401) throw error
  } finally {
    forgetCsrfToken()
  }
}

export const meKey = ['me'] as const

export const meOptions = queryOptions({
  queryKey: meKey,
  queryFn: ({ signal }) => http.get<Me>('/api/me', { signal, anonymous: true }),
  staleTime: 60_000,
})

export const useMe = () => useQuery(meOptions)

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: signOut,
    // Nothing of one person's may be left for the next one at this screen.
    onSettled: () => client.clear(),
  })
}
