import { http } from './http'

interface PixelTicket {
  ticket: string
  header: string
  expires_at: string
}

const RENEW_BEFORE_MS = 60_000
const tickets = new Map<string, { granted: Promise<PixelTicket>; expires: number }>()

/** One ticket per case and study, asked for when first needed and before it ends. */
async function ticketFor(caseId: string, studyInstanceUid: string): Promise<PixelTicket> {
  const key = `${caseId}/${studyInstanceUid}`
  const known = tickets.get(key)
  if (known && known.expires - RENEW_BEFORE_MS > Date.now()) return known.granted
  const granted = http.post<PixelTicket>(`/api/cases/${caseId}/studies/${studyInstanceUid}/ticket`)
  // Until the answer says otherwise, others wait for this same request.
  const entry = { granted, expires: Date.now() + 2 * RENEW_BEFORE_MS }
  tickets.set(key, entry)
  try {
    entry.expires = new Date((await granted).expires_at).getTime()
  } catch (error) {
    tickets.delete(key)
    throw error
  }
  return granted
}

/** Fetch a thumbnail from the pixel path as an object URL; the caller revokes it. */
export async function fetchThumbnail({
  caseId,
  studyInstanceUid,
  url,
  signal,
}: {
  caseId: string
  studyInstanceUid: string
  url: string
  signal?: AbortSignal
}): Promise<string> {
  const { ticket, header } = await ticketFor(caseId, studyInstanceUid)
  const response = await fetch(url, { headers: { [header]: ticket }, signal })
  if (!response.ok) throw new Error(`thumbnail ${response.status}`)
  return URL.createObjectURL(await response.blob())
}

/** Nothing of one person's access outlives their session. */
export function forgetTickets(): void {
  tickets.clear()
}
