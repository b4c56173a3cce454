let known: string | null = null

function readCookie(name: string): string | null {
  const pair = document.cookie.split('; ').find((entry) => entry.startsWith(`${name}=`))
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : null
}

/**
 * The token for `X-CSRFToken`: from the cookie, or asked for once when the
 * browser has none yet (first visit, or a cookie scripts may not read).
 */
export async function csrfToken(): Promise<string> {
  const cookie = readCookie('csrftoken') ?? readCookie('consilium_csrf')
  if (cookie) return cookie
  if (known) return known
  try {
    const response = await fetch('/api/csrf', { credentials: 'same-origin' })
    const body = response.ok ? ((await response.json().catch(() => ({}))) as Record<string, unknown>) : {}
    const token = body.csrf_token ?? body.csrfToken ?? body.token
    known = typeof token === 'string' ? token : readCookie('csrftoken')
  } catch {
    known = null // Offline: the request itself will say so.
  }
  return known ?? ''
}

export function forgetCsrfToken(): void {
  known = null
}
