import { useQuery } from '@tanstack/react-query'

import { http } from './http'
import { Problem } from './problem'
import { AUTH } from './session'

const TOTP = `${AUTH}/account/authenticators/totp`
const RECOVERY = `${AUTH}/account/authenticators/recovery-codes`
/** A 401 of these asks for the password again; it does not end the session. */
const anonymous = { anonymous: true }

interface Authenticator {
  type: 'totp' | 'recovery_codes' | 'webauthn'
  /** Seconds since 1970. */
  created_at: number
  last_used_at: number | null
  total_code_count?: number
  unused_code_count?: number
}

export interface SecondFactors {
  totp: { since: Date; lastUsed: Date | null } | null
  recovery: { left: number; total: number } | null
}

export const secondFactorsKey = ['second-factors'] as const

export function useSecondFactors() {
  return useQuery({
    queryKey: secondFactorsKey,
    queryFn: async ({ signal }) => readFactors((await http.get<{ data: Authenticator[] }>(`${AUTH}/account/authenticators`, { signal })).data),
  })
}

export function readFactors(authenticators: readonly Authenticator[]): SecondFactors {
  const totp = authenticators.find((one) => one.type === 'totp')
  const codes = authenticators.find((one) => one.type === 'recovery_codes')
  return {
    totp: totp ? { since: fromSeconds(totp.created_at), lastUsed: totp.last_used_at === null ? null : fromSeconds(totp.last_used_at) } : null,
    recovery: codes ? { left: codes.unused_code_count ?? 0, total: codes.total_code_count ?? 0 } : null,
  }
}
const fromSeconds = (seconds: number): Date => new Date(seconds * 1000)

export interface TotpEnrolment {
  secret: string
  totp_url: string
}

/** A new key. allauth answers 404 with it in `meta` while none is active. */
export async function startTotp(): Promise<TotpEnrolment | 'active'> {
  try {
    await http.get(TOTP, anonymous)
    return 'active'
  } catch (error) {
    if (error instanceof Problem && error.status === 404) {
      const meta = error.details.meta as TotpEnrolment | undefined
      if (meta) return meta
    }
    throw error
  }
}

/** The picture of the key that `startTotp` made. The session knows the key; the address only tells one key from the next. */
export const totpPicture = (startedAt: number): string => `/api/me/totp-qr?at=${startedAt}`

interface CodesAnswer {
  data: { unused_codes?: string[] }
}
const codesOf = ({ data }: CodesAnswer): string[] => data.unused_codes ?? []

/** Switches the second factor on; the recovery codes made with it are told this once. */
export async function activateTotp(code: string): Promise<string[]> {
  await http.post(TOTP, { code }, anonymous)
  return codesOf(await http.get<CodesAnswer>(RECOVERY, anonymous))
}

export const deactivateTotp = () => http.delete(TOTP, anonymous)

/** New recovery codes; the old ones open nothing any more. */
export const renewRecoveryCodes = async (): Promise<string[]> => codesOf(await http.post<CodesAnswer>(RECOVERY, {}, anonymous))

export const reauthenticate = (password: string) => http.post(`${AUTH}/auth/reauthenticate`, { password }, anonymous)

/** The password was confirmed too long ago for this. */
export function asksForPassword(error: unknown): boolean {
  if (!(error instanceof Problem) || error.status !== 401) return false
  const data = error.details.data as { flows?: { id: string }[] } | undefined
  return data?.flows?.some((flow) => flow.id === 'reauthenticate') ?? false
}

/** What was typed is wrong, as allauth says it for a password or a code. */
export const isWrong = (error: unknown, code: 'incorrect_password' | 'incorrect_code'): boolean =>
  error instanceof Problem && error.status === 400 && error.errors.some((one) => one.code === code)
