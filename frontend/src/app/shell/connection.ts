import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

export type Connection = 'connected' | 'browser_offline' | 'server_away'

const HEALTHY_POLL_MS = 20_000
const AWAY_POLL_MS = 3_000

async function isServerAlive(): Promise<boolean> {
  try {
    const response = await fetch('/livez', { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5_000) })
    // 4xx still means that somebody answered.
    return response.status < 500
  } catch {
    return false
  }
}

/** Whether work can reach the server. On return, everything on screen is refreshed. */
export function useConnection(): Connection {
  const [connection, setConnection] = useState<Connection>('connected')
  const client = useQueryClient()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    let before: Connection = 'connected'
    const look = async () => {
      clearTimeout(timer)
      const now: Connection = !navigator.onLine ? 'browser_offline' : (await isServerAlive()) ? 'connected' : 'server_away'
      if (stopped) return
      if (now === 'connected' && before !== 'connected') void client.invalidateQueries()
      before = now
      setConnection(now)
      timer = setTimeout(() => void look(), now === 'connected' ? HEALTHY_POLL_MS : AWAY_POLL_MS)
    }
    const onChange = () => void look()
    window.addEventListener('online', onChange)
    window.addEventListener('offline', onChange)
    document.addEventListener('visibilitychange', onChange)
    void look()
    return () => {
      stopped = true
      clearTimeout(timer)
      window.removeEventListener('online', onChange)
      window.removeEventListener('offline', onChange)
      document.removeEventListener('visibilitychange', onChange)
    }
  }, [client])
  return connection
}
